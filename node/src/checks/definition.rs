//! A definition file, read or refused.

use std::path::{Path, PathBuf};

use proto::definition::{BadDefinition, Definition, SignedDefinition};
use thiserror::Error;

use crate::disk::files::{self, FileError};

/// A definition that cannot be worked with.
#[derive(Debug, Error)]
pub enum DefinitionFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}: {}", .0.display(), .1)]
    Refused(PathBuf, #[source] BadDefinition),
}

pub(crate) fn read(path: &Path) -> Result<Definition, DefinitionFileError> {
    Ok(read_with_text(path)?.0)
}

/// The same, with the text of the file.
pub(crate) fn read_with_text(path: &Path) -> Result<(Definition, String), DefinitionFileError> {
    let text = files::read(path, Definition::MAX_BYTES)?;
    Ok((Definition::from_json(&text).map_err(refused(path))?, text))
}

/// Reads a definition that all operators have signed.
pub(crate) fn read_signed(path: &Path) -> Result<SignedDefinition, DefinitionFileError> {
    read(path)?.into_signed().map_err(refused(path))
}

/// The refusal of the file in `path`.
pub(crate) fn refused(path: &Path) -> impl FnOnce(BadDefinition) -> DefinitionFileError {
    let path = path.to_owned();
    |error| DefinitionFileError::Refused(path, error)
}
