//! EIP-3076 files.
