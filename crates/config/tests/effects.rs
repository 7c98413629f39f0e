//! The table says of every option whether anything here reads it. Here that is held against the source.
//!
//! A file reads options when it opens a section or is given one; what it names in quotes, it reads. An option whose
//! section nobody opens is not read, and one to which the default of another refers has the effect of that one.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use config::{OptionSpec, Scope, Standing, table};

/// Words that only a file which reads options has.
const READERS: [&str; 4] = ["Section<", ".section(", "default_section()", "config::Section"];

/// Rooms without a word about what the service reads: what checks and describes options, and test gear.
const SILENT: [&str; 5] =
    ["config/src/check", "config/src/table", "testkit/", "testdb/", "config/src/syntax"];

/// Words in a reader of options that mean something else there.
const OTHERWISE: [(Scope, &str); 3] = [
    // Audit events go the way of all notifications: these are read for those.
    (Scope::Section("audit_middleware_notifications"), "topics"),
    (Scope::Section("audit_middleware_notifications"), "transport_url"),
    // `[key_manager] backend` is read; that of the database is what another library would choose an engine by.
    (Scope::Section("database"), "backend"),
];

/// The Rust files below `directory`, less their tests.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let is_test = path.file_name().is_some_and(|name| name == "tests");
            if !is_test {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The text of every file that reads options, without comments and tests.
fn readers() -> Vec<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths = Vec::new();
    for entry in fs::read_dir(crates).unwrap() {
        sources(&entry.unwrap().path().join("src"), &mut paths);
    }
    let told = paths.iter().filter(|path| {
        let place = path.strip_prefix(crates).unwrap().to_str().unwrap().to_owned();
        !SILENT.iter().any(|room| place.starts_with(room))
    });
    let texts = told.map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    });
    texts.filter(|text| READERS.iter().any(|word| text.contains(word))).collect()
}

/// Whether a name is read under `scope`, by a file that says it in quotes.
fn is_named(texts: &[String], scope: Scope, name: &str) -> bool {
    let is_open = match scope {
        Scope::Backend | Scope::Section("DEFAULT") => true,
        Scope::Section(section) => {
            let opened = format!(".section(\"{section}\")");
            texts.iter().any(|text| text.contains(&opened))
        }
    };
    let quoted = format!("\"{name}\"");
    is_open && !OTHERWISE.contains(&(scope, name)) && texts.iter().any(|text| text.contains(&quoted))
}

/// The names that a default refers to.
fn references(default: &str) -> BTreeSet<&str> {
    let behind_dollars = default.split('$').skip(1);
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    behind_dollars
        .map(|text| {
            let text = text.trim_start_matches('{');
            text.split(|letter| !is_name(letter)).next().unwrap_or_default()
        })
        .collect()
}

#[test]
fn what_has_an_effect_is_what_is_read() {
    let texts = readers();
    assert!(texts.len() > 20, "the sources have moved");
    let id = |spec: &OptionSpec| (spec.scope, spec.name);
    let old_names = |spec: &OptionSpec| table().old_names(spec.scope, spec.name);
    let current: Vec<_> = table().iter().filter(|spec| spec.standing.is_current()).collect();
    let mut read: BTreeSet<_> = current
        .iter()
        .filter(|spec| {
            is_named(&texts, spec.scope, spec.name)
                || old_names(spec).iter().any(|(scope, name)| is_named(&texts, *scope, name))
        })
        .map(|spec| id(spec))
        .collect();
    loop {
        let referred: Vec<_> = current
            .iter()
            .filter(|spec| read.contains(&id(spec)))
            .flat_map(|spec| {
                let here = |name| table().get(spec.scope, name);
                let anywhere =
                    move |name| here(name).or_else(|| table().get(Scope::Section("DEFAULT"), name));
                references(spec.default.unwrap_or_default()).into_iter().filter_map(anywhere)
            })
            .map(id)
            .collect();
        let before = read.len();
        read.extend(referred);
        if read.len() == before {
            break;
        }
    }
    let said: BTreeSet<_> =
        current.iter().filter(|spec| spec.standing == Standing::Current).map(|spec| id(spec)).collect();
    let wrong: Vec<_> = read.symmetric_difference(&said).collect();
    assert_eq!(
        wrong,
        [] as [&(Scope, &str); 0],
        "the table calls these read and they are not, or the reverse"
    );
}
