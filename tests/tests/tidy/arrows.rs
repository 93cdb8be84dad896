//! Who may use whom: the arrows between rooms, and between the files of a room, read off the paths
//! in the source.

use std::collections::{BTreeMap, BTreeSet};

use super::{product_files, refuse};

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A text without its comments: those of whole lines, and those behind code.
fn without_comments(text: &str) -> String {
    let code = |line| format!(" {line}").split(" //").next().map(str::to_owned);
    let lines: Vec<String> = text.lines().filter_map(code).collect();
    lines.join("\n")
}

/// The paths in a text that begin with one of these words, trees of `use` spelled out. A comment is
/// no use, nor is saying who may see something.
fn paths(text: &str, heads: &[&str]) -> BTreeSet<Vec<String>> {
    let text = without_comments(text);
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("::") {
        let before = text[..at].trim_end_matches(is_of_name);
        let head = &text[before.len()..at];
        let is_inner = before.ends_with("::") && !before.ends_with("self::");
        if heads.contains(&head) && !is_inner && !before.ends_with("pub(in ") {
            spell_out(&text[at + 2..], vec![head.to_owned()], &mut found);
        }
    }
    found
}

/// Spells one tree out that goes on from `path`; returns the text after it.
fn spell_out<'a>(
    text: &'a str,
    mut path: Vec<String>,
    found: &mut BTreeSet<Vec<String>>,
) -> &'a str {
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('}') {
                return rest.strip_prefix('}').unwrap_or(rest);
            }
            rest = spell_out(rest, path.clone(), found);
            rest = rest.trim_start_matches(|letter| letter != ',' && letter != '}');
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
    }
    let rest = text.trim_start_matches(is_of_name);
    let name = &text[..text.len() - rest.len()];
    if !name.is_empty() {
        path.push(name.to_owned());
        if let Some(more) = rest.strip_prefix("::") {
            return spell_out(more, path, found);
        }
    }
    found.insert(path);
    rest
}

#[test]
fn paths_are_found_alone_and_in_trees() {
    let text = "use crate::a::{self, B};\nuse crate::{\n    d::{e::F, g},\n    h as i,\n};\n\
                crate::j::k::<u8>();\n// crate::no\nother::crate::no();\nuse super::super::l::*;\n\
                use crate::{\n    m, // crate::no, not\n    n,\n};\nself::super::o();\n";
    let found = paths(text, &["crate", "super"]);
    let found: Vec<String> = found.iter().map(|path| path.join(" ")).collect();
    let expected = [
        "crate a B",
        "crate a self",
        "crate d e F",
        "crate d g",
        "crate h",
        "crate j k",
        "crate m",
        "crate n",
        "super o",
        "super super l",
    ];
    assert_eq!(found, expected);
}

/// What would hide an arrow from these tests: another name for what stands above, all of its names
/// at once, a file in the place of another one.
#[test]
fn nothing_that_stands_above_has_another_name() {
    let hides = [
        "extern crate ",
        "crate as ",
        "super as ",
        "crate::{self",
        "super::{self",
        "crate::*",
        "super::*",
        "crate::{*",
        "super::{*",
        "#[path",
        "include!",
    ];
    refuse(product_files().into_iter().flat_map(|(name, text)| {
        let text = without_comments(&text);
        let is_mapped = name.starts_with("node/");
        let found = hides.into_iter().filter(|words| text.contains(words));
        let found = found.filter(|_| is_mapped);
        found
            .map(|words| format!("{name}: {words} hides who uses whom"))
            .collect::<Vec<_>>()
    }));
}

/// A file of a crate: its name, its place in the tree of modules, and the places that it uses.
type Uses = (String, Vec<String>, Vec<Vec<String>>);

fn uses_of(source: &str) -> Vec<Uses> {
    let files = product_files().into_iter().filter_map(|(name, text)| {
        let own = name.strip_prefix(source)?.strip_suffix(".rs")?;
        let mut place: Vec<String> = own.split('/').map(str::to_owned).collect();
        place.pop_if(|last| matches!(last.as_str(), "mod" | "lib" | "main"));
        let resolved = |path: Vec<String>| {
            let ups = path.iter().take_while(|word| *word == "super").count();
            let from = match ups {
                0 => &[][..],
                ups => &place[..place.len().checked_sub(ups)?],
            };
            Some([from, &path[ups.max(1)..]].concat())
        };
        let above = paths(&text, &["crate", "super"]).into_iter();
        let children = text.lines().filter_map(|line| {
            let declared = line
                .trim_start_matches("pub ")
                .trim_start_matches("pub(crate) ");
            declared.strip_prefix("mod ")?.strip_suffix(';')
        });
        let below = paths(&text, &children.collect::<Vec<_>>()).into_iter();
        let below = below.map(|path| [&place[..], &path].concat());
        let used = above.filter_map(resolved).chain(below).collect();
        Some((name, place, used))
    });
    files.collect()
}

/// The rooms of the program, from top to bottom, each with the rooms that it uses: every arrow that
/// there is.
const ROOMS: [(&str, &[&str]); 18] = [
    (
        "cmd",
        &[
            "answers",
            "beacon",
            "ceremony",
            "checks",
            "clock",
            "config",
            "control",
            "deposit",
            "disk",
            "execution",
            "peer",
            "pool",
            "report",
            "signals",
            "slashing",
        ],
    ),
    (
        "peer",
        &[
            "beacon", "checks", "clock", "config", "control", "disk", "net", "pool", "report",
        ],
    ),
    ("ceremony", &["clock", "disk", "net"]),
    ("deposit", &["disk", "execution"]),
    (
        "pool",
        &["beacon", "checks", "clock", "disk", "execution", "report"],
    ),
    ("slashing", &["disk"]),
    ("checks", &["beacon", "clock", "disk"]),
    ("report", &["beacon", "disk", "net"]),
    ("config", &["beacon", "disk", "execution"]),
    ("control", &["disk"]),
    ("net", &["clock"]),
    ("beacon", &["answers", "hidden"]),
    ("execution", &["answers", "clock", "hidden"]),
    ("disk", &["signals"]),
    ("answers", &[]),
    ("signals", &[]),
    ("hidden", &[]),
    ("clock", &[]),
];

#[test]
fn rooms_of_the_program_use_only_rooms_below_them() {
    let mut arrows = BTreeSet::new();
    for (_, place, used) in uses_of("node/src/") {
        let Some(own) = place.first() else { continue };
        let rooms = used.into_iter().filter_map(|path| path.into_iter().next());
        let others = rooms.filter(|room| room != own);
        arrows.extend(others.map(|other| format!("{own} -> {other}")));
    }
    let listed = ROOMS
        .iter()
        .flat_map(|(room, used)| used.iter().map(move |other| format!("{room} -> {other}")));
    let listed: BTreeSet<String> = listed.collect();
    let unlisted = arrows
        .difference(&listed)
        .map(|new| format!("{new}: not in ROOMS"));
    let gone = listed
        .difference(&arrows)
        .map(|old| format!("{old}: in ROOMS, and nowhere else"));
    refuse(unlisted.chain(gone));
    for (at, (room, used)) in ROOMS.iter().enumerate() {
        let is_below = |other: &&str| ROOMS[at..].iter().any(|(below, _)| below == other);
        let back: Vec<_> = used.iter().filter(|other| !is_below(other)).collect();
        assert!(
            back.is_empty(),
            "{room} uses what stands above it: {back:?}"
        );
    }
}

/// Adapters are to outlive what is decided with them; what is on the disk is the record's.
#[test]
fn adapters_know_no_core_and_the_disk_only_the_record() {
    let may = |room: &str| match room {
        "net" | "beacon" | "execution" | "control" | "answers" | "signals" | "hidden" | "clock" => {
            Some("")
        }
        "disk" => Some("record"),
        _ => None,
    };
    refuse(product_files().into_iter().flat_map(|(name, text)| {
        let own = name.strip_prefix("node/src/");
        let may = own.and_then(|own| may(own.split(['/', '.']).next()?));
        let used = paths(&text, &["node_core"]).into_iter();
        let rooms: BTreeSet<String> = used.filter_map(|path| path.into_iter().nth(1)).collect();
        let more = rooms
            .into_iter()
            .filter(move |room| may.is_some_and(|may| room != may));
        more.map(move |room| format!("{name}: knows {room} of the core"))
            .collect::<Vec<_>>()
    }));
}

#[test]
fn rooms_of_the_core_use_only_rooms_below_them() {
    let order = [
        "ceremony", "duties", "outcome", "partials", "vault", "pool", "proof", "deposit", "safe",
        "sending", "record",
    ];
    let rank = |room: Option<&String>| {
        order
            .iter()
            .position(|other| room.is_some_and(|it| it == other))
    };
    refuse(
        uses_of("node/core/src/")
            .into_iter()
            .flat_map(|(name, place, used)| {
                let own = rank(place.first());
                let above = used.into_iter().filter(move |path| {
                    own.zip(rank(path.first()))
                        .is_some_and(|(own, other)| other < own)
                });
                above
                    .map(move |path| format!("{name}: {} stands above it", path.join("/")))
                    .collect::<Vec<_>>()
            }),
    );
}

/// No file of a room uses one that uses it, neither straight nor by way of others. The page of the
/// room, `mod.rs`, counts as a file: who uses what it hands out uses it.
#[test]
fn files_of_a_room_use_each_other_in_no_circle() {
    let files = uses_of("node/src/");
    let is_module = |path: &[String]| files.iter().any(|(_, place, _)| place.starts_with(path));
    let is_page = |room: &[String]| {
        let mut pages = files.iter().filter(|(name, ..)| name.ends_with("/mod.rs"));
        pages.any(|(_, place, _)| place == room)
    };
    let mut arrows: BTreeMap<&[String], BTreeSet<&[String]>> = BTreeMap::new();
    for (_, place, used) in &files {
        for path in used {
            let shared = place.iter().zip(path).take_while(|(a, b)| a == b);
            let (room, inner) = place.split_at(shared.count());
            let end = |of: &'_ [String]| match of.get(room.len()) {
                Some(_) if is_module(&of[..=room.len()]) => room.len() + 1,
                Some(_) | None => room.len(),
            };
            let (own, other) = (&place[..end(place)], &path[..end(path)]);
            let is_outside = room.is_empty() || inner.is_empty() && path.len() == room.len();
            let of_page = own == room || other == room;
            if !is_outside && own != other && (!of_page || is_page(room)) {
                arrows.entry(own).or_default().insert(other);
            }
        }
    }
    let circles = arrows.keys().filter(|from| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![**from]);
        while let Some(next) = open.pop() {
            let to = arrows.get(next).into_iter().flatten().copied();
            open.extend(to.filter(|to| reached.insert(*to)));
        }
        reached.contains(**from)
    });
    refuse(
        circles
            .map(|file| format!("{} is in a circle", file.join("/")))
            .collect::<Vec<_>>(),
    );
}
