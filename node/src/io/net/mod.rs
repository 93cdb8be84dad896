//! io/net
