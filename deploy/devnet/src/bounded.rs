//! Answers over HTTP, read no further than their bound: what answers here is under test.

use reqwest::Response;

/// The most bytes of an answer, 64 MiB: the validators of the longest chain that is played.
const LIMIT: usize = 64 << 20;

/// The whole answer as text.
pub async fn text(mut response: Response) -> Result<String, String> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LIMIT => {
                return Err(format!("it has more than {} MiB", LIMIT >> 20));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return String::from_utf8(body).map_err(|_| "it is no text".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
    }
}
