//! The address of a beacon node: read, or refused with what to write in its place.
//!
//! Never repeats an address: it may hold a password.

use reqwest::Url;

use super::error::BadUrl;

/// The URL of an HTTP server, with nothing after its path.
///
/// # Errors
/// If it is something else.
pub fn read(text: &str) -> Result<Url, BadUrl> {
    let refused = |words: &str| Err(BadUrl(words.to_owned()));
    let text = text.trim();
    let Some((scheme, _)) = text.split_once("://") else {
        return refused("it does not begin with http:// or https://");
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {}
        "ws" | "wss" => {
            return refused(
                "a Beacon API is asked over HTTP, not over a web socket: write http:// in place of \
                 ws://, https:// in place of wss://",
            );
        }
        _ => return refused("it begins with something else than http:// or https://"),
    }
    let url = Url::parse(text).map_err(|error| BadUrl(error.to_string()))?;
    if url.query().is_some() || url.fragment().is_some() {
        return refused("expected nothing after the path");
    }
    Ok(url)
}

/// Where a redirect leads, without what may be secret: scheme, host and port.
pub(super) fn origin_of(location: &str) -> Option<String> {
    let url = Url::parse(location).ok()?;
    let host = url.host_str()?;
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    Some(format!("{}://{host}{port}", url.scheme()))
}

#[cfg(test)]
mod tests;
