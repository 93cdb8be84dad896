//! Nothing of an address that may be a secret is shown.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn hidden(url: &str) -> Hidden {
    Hidden::of(&Url::parse(url).unwrap())
}

fn shown(url: &str, said: &str) -> String {
    hidden(url).shown(said).to_string()
}

#[test]
fn what_a_node_repeats_of_its_address_is_not_shown() {
    let url = "https://me:pw@example.org/v3/0123456789abcdef?token=fedcba98765432";
    let said = format!("no project 0123456789abcdef at {url}, fedcba98765432\nof v3");
    assert_eq!(
        shown(url, &said),
        "no project … at https://me:…@example.org/v3/…?token=…, … of v3"
    );
    assert_eq!(shown("http://127.0.0.1:8545", " not found "), "not found");
    assert_eq!(&**hidden(url).node(), "https://example.org");
    assert_eq!(&**hidden("http://[::1]:85/x").node(), "http://[::1]:85");
}

#[test]
fn a_password_is_hidden_as_it_is_written_meant_and_sent() {
    let url = "https://us%3Aername:se%40cret@h/path%2Fkey?q=ab%2Bcd+ef";
    for (said, words) in [
        ("se%40cret is wrong", "… is wrong"),
        ("se@cret is wrong", "… is wrong"),
        ("%73e%40cret, se%40cr%65t", "…, …"),
        ("us%3Aername, us%3aername, us:ername", "…, …, …"),
        // RFC 7617, section 2: base64 of what stands around a colon.
        ("Basic dXM6ZXJuYW1lOnNlQGNyZXQ=", "Basic …="),
        ("Basic dXM6ZXJuYW1lOnNlQGNyZXQ%3D of", "Basic …%3D of"),
        ("no path%2Fkey, no path/key", "no …, no …"),
        ("ab%2Bcd+ef, ab+cd+ef, ab+cd ef", "…, …, …"),
        ("100% of it, %zz", "100% of it, %zz"),
    ] {
        assert_eq!(shown(url, said), words);
    }
    let token = "https://0123456789abcdef@h";
    assert_eq!(shown(token, "Basic MDEyMzQ1Njc4OWFiY2RlZjo="), "Basic …=");
    let short = "https://u:p@h/%20%20";
    assert_eq!(shown(short, "a  path"), "a  …ath", "the password alone");
}

#[test]
fn a_password_is_hidden_however_it_is_escaped() {
    let url = "https://user:pass%2Fword%22%C3%A9@h";
    for (said, words) in [
        (r#"{"user":"pass\/word\"é"}"#, r#"{"user":"…"}"#),
        (r#"\u0070ass/word\"\u00E9 is"#, "… is"),
        (r#"\u0070ass/word\"\u00e9 is"#, "… is"),
        (r#"PASS\u002fWORD\u0022\xc3\xa9 is"#, "… is"),
        (r#"pass/word\"\u{e9} is"#, "… is"),
        ("pass&#x2F;word&quot;&#233; is", "… is"),
        // One in the other.
        (r"pass\u00252Fword\u002522%C3%A9 is", "… is"),
        ("pass%255C%252Fword%22é is", "… is"),
        ("pass&amp;#47;word&amp;quot;é is", "… is"),
        (r"pass\\\/word\\\u0022é is", "… is"),
        // Behind the Basic of a header: whole, escaped, without an end, in the other alphabet.
        (r"Basic dXNlcjpwYXNzL3dvcmQiw6k= is", "Basic …= is"),
        (
            r"Basic dXNlcjpwYXNzL3dvcmQiw6k\u003d is",
            r"Basic …\u003d is",
        ),
        (r"Basic \u0064XNlcjpwYXNzL3dvcmQiw6k is", "Basic … is"),
        ("x/dXNlcjpwYXNzL3dvcmQiw6k is", "x/… is"),
    ] {
        assert_eq!(shown(url, said), words, "{said}");
    }
    let pair = shown("https://a:%3F%3F%3F~~~@h", "Basic YTo_Pz9-fn4 is");
    assert_eq!(pair, "Basic … is");
}

#[test]
fn a_password_is_hidden_in_whatever_character_set_a_node_reads_it() {
    let url = "https://user:p%C3%A4ss%E2%82%AC1@h";
    for said in [
        // As it is meant, and in capitals.
        "päss€1 is",
        "PÄSS€1 is",
        // Each byte as a letter of Latin-1, and of windows-1252.
        "p\u{c3}\u{a4}ss\u{e2}\u{82}\u{ac}1 is",
        "pÃ¤ssâ‚¬1 is",
        // The same read as UTF-8 and written, once more.
        "pÃƒÂ¤ssÃ¢â€šÂ¬1 is",
        // What cannot be read, by letters and by bytes.
        "p\u{fffd}ss\u{fffd}1 is",
        "p\u{fffd}\u{fffd}ss\u{fffd}\u{fffd}\u{fffd}1 is",
        "p?ss?1 is",
        "p??ss???1 is",
        // In another set and escaped.
        "p%E4ss%801 is",
        r"p\xe4ss\x801 is",
        r"p\u00c3\u00a4ss\u00e2\u20ac\u00ac1 is",
        "p&auml;ss&euro;1 is",
        "p&Atilde;&curren;ss&acirc;&sbquo;&not;1 is",
    ] {
        assert_eq!(shown(url, said), "… is", "{said}");
    }
    // In a header, each letter a byte.
    let sent = BASE64_STANDARD.encode(b"user:p\xe4ss\x801");
    assert_eq!(shown(url, &format!("Basic {sent} is")), "Basic …= is");
    // An address in another set than UTF-8.
    let url = "https://user:p%E4ss@h";
    for said in ["päss is", "p\u{fffd}ss is", "p?ss is", "p%c3%a4ss is"] {
        assert_eq!(shown(url, said), "… is", "{said}");
    }
    // What is beside it stays, and what is something else.
    assert_eq!(
        shown(url, "„päss“: größe, pss, pass?"),
        "„…“: größe, pss, pass?"
    );
    // Nothing but marks of what could not be read says nothing.
    assert_eq!(shown("https://u:%C3%A4@h", "ä?"), "…?");
}

#[test]
fn a_pair_of_surrogates_is_one_letter_and_half_of_one_is_none() {
    let url = "https://u:%F0%9F%94%91key@h";
    assert_eq!(shown(url, r"\uD83D\udd11key is"), "… is");
    assert_eq!(shown(url, r"\ud83d and \u12"), r"\ud83d and \u12");
}

#[test]
fn what_is_escaped_too_many_times_over_is_not_shown() {
    let deep = |times| (0..times).fold("%41".to_owned(), |text, _| text.replace('%', "%25"));
    let url = "https://u:secret@h";
    assert_eq!(shown(url, &deep(DEEPEST - 1)), deep(DEEPEST - 1));
    assert_eq!(
        shown(url, &deep(DEEPEST)),
        "… (it is escaped too many times over)"
    );
}

#[test]
fn no_part_of_a_password_is_shown_where_a_long_text_is_cut() {
    let url = "https://u:%73ecret@h";
    for before in [LOOKED_AT - 3, TEXT_LIMIT - 3] {
        // Blanks before it are not shown, so that what is at the cut could be.
        for filler in [" ", "x"] {
            let said = format!("{}sec%72et{}", filler.repeat(before), "y".repeat(AROUND));
            let shown = shown(url, &said);
            assert!(!shown.contains("sec"), "{shown}");
            assert!(shown.ends_with('…'), "{shown}");
        }
    }
    let said = br#"{"a":"secret"} and more"#;
    assert_eq!(hidden(url).part(said, 0..8), r#"{"a":"…"#);
    assert_eq!(hidden(url).part(said, 8..14), "…\"}");
    assert_eq!(hidden(url).part(said, 14..said.len()), " and more");
}

/// A letter in one of the spellings that nodes print. Who escapes any escapes what escapes begin
/// with.
fn spelled(letter: char, spelling: u8) -> String {
    let code = u32::from(letter);
    let is_plain = !r"\%&".contains(letter);
    match spelling % 8 {
        0 => format!("%{code:02x}"),
        1 => format!("%{code:02X}"),
        2 => format!("\\u{code:04x}"),
        3 => format!("\\x{code:02X}"),
        4 => format!("&#{code};"),
        5 => format!("&#x{code:x};"),
        6 if is_plain => letter.to_string(),
        _ => format!("\\u{{{code:x}}}"),
    }
}

proptest! {
    #[test]
    fn no_mixture_of_spellings_shows_a_password(
        password in "[!-~]{4,20}",
        spellings in prop::collection::vec(any::<u8>(), 40),
        twice in any::<bool>(),
    ) {
        let mut url = Url::parse("https://user@h/").unwrap();
        url.set_password(Some(&password)).unwrap();
        let spell = |text: &str| -> String {
            let letters = text.chars().zip(spellings.iter().cycle());
            letters.map(|(letter, spelling)| spelled(letter, *spelling)).collect()
        };
        let once = spell(&password);
        let said = if twice { spell(&once) } else { once };
        // Around it stands nothing that any password has in it.
        let shown = Hidden::of(&url).shown(&format!("\u{1}{said}\u{1}"));
        prop_assert_eq!(shown.trim(), "…");
    }

    #[test]
    fn no_form_of_base64_shows_a_pair(
        user in "[a-z]{1,9}",
        password in "[!-$&-~]{1,20}",
        before in "[a-zA-Z0-9/+_-]{0,5}",
        is_of_urls in any::<bool>(),
    ) {
        let mut url = Url::parse("https://h/").unwrap();
        url.set_username(&user).unwrap();
        url.set_password(Some(&password)).unwrap();
        let pair = format!("{user}:{password}");
        let sent = match is_of_urls {
            true => BASE64_URL_SAFE_NO_PAD.encode(&pair),
            false => BASE64_STANDARD.encode(&pair),
        };
        let shown = Hidden::of(&url).shown(&format!("{before}{sent}"));
        prop_assert!(!shown.contains(sent.trim_end_matches('=')), "{}", shown);
    }

    #[test]
    fn any_text_is_shown_in_one_short_line(text in ".{0,400}", password in "[!-~]{1,5}") {
        let mut url = Url::parse("https://user@h/").unwrap();
        url.set_password(Some(&password)).unwrap();
        let shown = Hidden::of(&url).shown(&text);
        prop_assert!(shown.chars().count() <= TEXT_LIMIT + 1);
        prop_assert!(!shown.contains('\n'));
    }
}
