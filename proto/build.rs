//! Generates the protobuf messages of `schema/` without needing a `protoc`.

use std::io::{Error, Result};

fn main() -> Result<()> {
    let schemas = [
        "vote.proto",
        "ceremony.proto",
        "frame.proto",
        "session.proto",
        "ceremony_session.proto",
        "control.proto",
    ];
    println!("cargo:rerun-if-changed=schema");
    let files = protox::compile(schemas, ["schema"]).map_err(Error::other)?;
    prost_build::Config::new().compile_fds(files)
}
