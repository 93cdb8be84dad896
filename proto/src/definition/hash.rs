//! The hash of a file's content: over what it says, not over white space or the order of its keys.

use sha2::{Digest as _, Sha256};

use crate::{Address, Root};

/// SHA-256 over a canonical encoding: numbers are 8 bytes, little-endian; texts and lists carry
/// their length as such a number; what has a fixed length stands as it is. So two different
/// contents never feed the same bytes. It starts with the purpose, as a text.
pub(crate) struct ContentHash(Sha256);

impl ContentHash {
    pub fn new(purpose: &str) -> Self {
        let mut hash = Self(Sha256::new());
        hash.text(purpose);
        hash
    }

    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        self.fixed(&number.to_le_bytes())
    }

    pub fn length(&mut self, length: usize) -> &mut Self {
        self.number(length as u64)
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.length(text.len()).fixed(text.as_bytes())
    }

    pub fn addresses(&mut self, list: &[Address]) -> &mut Self {
        self.length(list.len());
        for address in list {
            self.fixed(address.as_bytes());
        }
        self
    }

    pub fn finish(self) -> Root {
        Root::from(<[u8; 32]>::from(self.0.finalize()))
    }
}
