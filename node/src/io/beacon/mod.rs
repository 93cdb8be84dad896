//! io/beacon
