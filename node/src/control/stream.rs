//! Messages on a stream: four bytes of length, little endian, then the message.
//!
//! Nothing is allocated before the length is known to be within its bound.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The next message, of at most `max` bytes.
pub(super) async fn receive(
    from: &mut (impl AsyncRead + Unpin),
    max: usize,
) -> io::Result<Vec<u8>> {
    let length = from.read_u32_le().await?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > max {
        let words = format!("a message of {length} bytes, of at most {max}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    let mut message = vec![0; length];
    from.read_exact(&mut message).await?;
    Ok(message)
}

pub(super) async fn send(to: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    to.write_u32_le(length).await?;
    to.write_all(message).await?;
    to.flush().await
}
