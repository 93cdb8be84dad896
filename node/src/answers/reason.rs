//! Why a question found no answer, in words: the reason at the bottom says the most, and of some
//! what to do.

use std::error::Error;
use std::io;

use rustls::Error as TlsError;

/// Why a connection did not come about or broke.
pub fn reason(error: &(dyn Error + 'static)) -> String {
    let mut bottom = error;
    let mut advice = advice(error);
    while let Some(deeper) = bottom.source() {
        bottom = deeper;
        advice = advice.or(self::advice(deeper));
    }
    format!("{bottom}{}", advice.unwrap_or_default())
}

fn advice(error: &(dyn Error + 'static)) -> Option<&'static str> {
    // What a TLS library has to say comes inside of errors of input and output.
    let mut inner = error;
    while let Some(deeper) = inner.downcast_ref().and_then(io::Error::get_ref) {
        inner = deeper;
    }
    if let Some(TlsError::InvalidMessage(_)) = inner.downcast_ref() {
        return Some(
            "; what answers there does not speak TLS: write http:// in place of https://, if the \
             way there is safe",
        );
    }
    let http: Option<&hyper::Error> = error.downcast_ref();
    http.is_some_and(hyper::Error::is_parse).then_some(
        "; what answers there does not speak HTTP: check the port, and whether https:// is to \
         stand before it",
    )
}
