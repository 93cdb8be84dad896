//! A stream and the bytes on their way through it. Never here: what they say.

use bytes::BytesMut;
use libp2p::swarm::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _};

/// The stream's two halves and what lies between them and the messages.
pub(super) struct Pipe {
    pub(super) reader: ReadHalf<Compat<Stream>>,
    pub(super) writer: WriteHalf<Compat<Stream>>,
    pub(super) arrived: BytesMut,
    pub(super) leaving: BytesMut,
}

/// How much memory to offer each read.
const READ_BYTES: usize = 4096;

impl Pipe {
    /// A pipe in which nothing is yet.
    pub(super) fn over(stream: Stream) -> Self {
        let (reader, writer) = tokio::io::split(stream.compat());
        Self {
            reader,
            writer,
            arrived: BytesMut::new(),
            leaving: BytesMut::new(),
        }
    }

    /// Reads more; zero if the peer has closed. Nothing is lost if the future is dropped.
    pub(super) async fn read(
        reader: &mut ReadHalf<Compat<Stream>>,
        arrived: &mut BytesMut,
    ) -> std::io::Result<usize> {
        arrived.reserve(READ_BYTES);
        reader.read_buf(arrived).await
    }

    /// Writes everything that is leaving.
    pub(super) async fn write_all(&mut self) -> std::io::Result<()> {
        self.writer.write_all_buf(&mut self.leaving).await?;
        self.writer.flush().await
    }
}
