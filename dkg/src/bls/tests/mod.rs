//! The curve work as a whole, held against an independent implementation.

mod oracle;
