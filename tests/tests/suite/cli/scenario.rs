//! The lines of a scenario.

/// One of them.
pub(super) enum Line {
    /// A command of a client.
    Command(Command),
    /// What it prints contains these words.
    Says(String),
    /// A name stands for a value of the table that it printed.
    Keep {
        /// The name.
        name: String,
        /// The property or column.
        field: String,
    },
    /// A part of a resource becomes this.
    Wait {
        /// Its address.
        path: String,
        /// Two keys with a dot between them.
        key: String,
        /// What it has to be.
        wanted: String,
    },
    /// Somebody puts a file of so many MiB into the data directory.
    File {
        /// Where.
        path: String,
        /// Its size.
        mib: u64,
    },
    /// Somebody puts a file with this text into the data directory.
    Text {
        /// Where.
        path: String,
        /// What is in it.
        text: String,
    },
    /// A resource goes away.
    Gone(String),
}

/// A command of a client.
pub(super) struct Command {
    /// Whether the administrator types it.
    pub(super) admin: bool,
    /// Whether it has to succeed.
    pub(super) succeeds: bool,
    /// The client and its arguments.
    pub(super) arguments: Vec<String>,
}

/// The lines of a file.
pub(super) fn parse(text: &str) -> Vec<Line> {
    let wanted = |line: &&str| !line.trim().is_empty() && !line.starts_with("==") && !line.starts_with('#');
    text.lines().filter(wanted).map(line).collect()
}

fn line(text: &str) -> Line {
    let (word, rest) = text.trim().split_once(' ').unwrap_or_else(|| panic!("an odd line: {text}"));
    match word {
        "says" => Line::Says(rest.to_owned()),
        "keep" => {
            let (name, field) = rest.split_once(" = ").unwrap_or_else(|| panic!("an odd line: {text}"));
            Line::Keep { name: name.to_owned(), field: field.to_owned() }
        }
        "wait" => {
            let mut words = rest.split(' ').map(str::to_owned);
            let mut next = || words.next().unwrap_or_else(|| panic!("an odd line: {text}"));
            Line::Wait { path: next(), key: next(), wanted: next() }
        }
        "file" => {
            let (path, mib) = rest.split_once(' ').unwrap_or_else(|| panic!("an odd line: {text}"));
            Line::File { path: path.to_owned(), mib: mib.parse().expect("a size in MiB") }
        }
        "text" => {
            let (path, text) = rest.split_once(' ').unwrap_or_else(|| panic!("an odd line: {text}"));
            Line::Text { path: path.to_owned(), text: text.to_owned() }
        }
        "gone" => Line::Gone(rest.to_owned()),
        who => {
            let (who, succeeds) = match (who.strip_suffix('$'), who.strip_suffix('!')) {
                (Some(who), _) => (who, true),
                (_, Some(who)) => (who, false),
                _ => panic!("an odd line: {text}"),
            };
            Line::Command(Command { admin: who == "admin", succeeds, arguments: words(rest) })
        }
    }
}

/// Words with blanks between them; quotes, of either kind, hold words together and what they hold as it is.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match (quoted, letter) {
            (None, '"' | '\'') => quoted = Some(letter),
            (Some(quote), letter) if letter == quote => quoted = None,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (_, letter) => word.push(letter),
        }
    }
    words.push(word);
    words
}
