//! The lines of a recording.

/// One line, and those that belong to it.
pub(crate) enum Step {
    /// Asked, and compared.
    Ask(Question),
    /// Asked, and granted.
    Do(Question),
    /// Made below `path` under `key`, kept as `name`, and awaited.
    Make {
        /// Who wants it.
        who: String,
        /// The collection.
        path: String,
        /// The key around its body.
        key: String,
        /// What it is called from here on.
        name: String,
        /// Its body.
        body: String,
    },
    /// Awaited: `key` is a path of keys in the reply.
    Wait {
        /// Where to look.
        path: String,
        /// What to look at.
        key: String,
        /// What it has to be.
        wanted: String,
    },
    /// Awaited until it is not found.
    Gone(String),
    /// A service of the cluster that stopped long ago, by its `host@backend`, in the middle of something.
    Dead(String),
    /// A volume that the host of a server is to grow.
    Growing {
        /// The volume.
        volume: String,
        /// To how many GiB.
        new_size_gib: u64,
    },
    /// An image that is there: what it is called from here on, and what is special about it.
    Image {
        /// Its name.
        name: String,
        /// Fields of its record.
        details: String,
    },
}

/// What a recording begins with, by the words after `given`.
pub(crate) fn given(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("given ")).collect()
}

/// A request at one or several revisions.
pub(crate) struct Question {
    /// Where it stands in the file, from 1.
    pub(crate) line: usize,
    /// Whose token.
    pub(crate) who: String,
    /// The minors of the revisions.
    pub(crate) minors: Vec<String>,
    /// The method.
    pub(crate) method: String,
    /// The path below the project.
    pub(crate) path: String,
    /// The body.
    pub(crate) body: Option<String>,
    /// Names, and what of the reply they stand for from here on.
    pub(crate) keeps: Vec<(String, String)>,
    /// A header, and its value.
    pub(crate) header: Option<(String, String)>,
    /// A header of the reply that is looked at beside its body.
    pub(crate) told: Option<String>,
    /// What is expected, with the minors that it is expected at; none for all.
    pub(crate) replies: Vec<(Option<Vec<String>>, String)>,
}

impl Question {
    /// `who@minors METHOD path [body]`.
    pub(crate) fn parse(line: usize, text: &str) -> Self {
        let mut words = text.splitn(4, ' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_else(|| panic!("line {line} is no request: {text}"));
        let (head, method, path) = (next(), next(), next());
        let (who, minors) = head.split_once('@').unwrap_or_else(|| panic!("line {line} has no revision"));
        Self {
            line,
            who: who.to_owned(),
            minors: minors.split(',').map(str::to_owned).collect(),
            method,
            path,
            body: words.next(),
            keeps: Vec::new(),
            header: None,
            told: None,
            replies: Vec::new(),
        }
    }

    /// What is expected at a revision.
    pub(crate) fn expected(&self, minor: &str) -> &str {
        let at = |minors: &Option<Vec<String>>| {
            minors.as_ref().is_none_or(|minors| minors.iter().any(|other| other == minor))
        };
        let found = self.replies.iter().find(|(minors, _)| at(minors));
        found.map(|(_, reply)| reply.as_str()).unwrap_or_else(|| panic!("line {} has no reply", self.line))
    }
}

/// The steps of a recording.
pub(crate) fn parse(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut ours = false;
    for (index, line) in text.lines().enumerate() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" | "#" | "==" | "differs:" | "given" => {}
            "->" | "=>" => {
                let Some(Step::Ask(question)) = steps.last_mut() else {
                    panic!("line {} answers nothing", index + 1)
                };
                let reply = reply(rest);
                if word == "=>" && !ours {
                    question.replies.clear();
                    ours = true;
                }
                if word == "=>" || !ours {
                    question.replies.push(reply);
                }
                continue;
            }
            "keep" => {
                let Some(Step::Ask(question)) = steps.last_mut() else {
                    panic!("line {} keeps nothing", index + 1)
                };
                let (name, place) = rest.split_once(" = ").unwrap();
                question.keeps.push((name.to_owned(), place.to_owned()));
            }
            "with" => {
                let Some(Step::Ask(question)) = steps.last_mut() else {
                    panic!("line {} belongs to no question", index + 1)
                };
                let (name, value) = rest.split_once(" ").unwrap();
                question.header = Some((name.to_ascii_lowercase(), value.to_owned()));
            }
            "told" => {
                let Some(Step::Ask(question)) = steps.last_mut() else {
                    panic!("line {} belongs to no question", index + 1)
                };
                question.told = Some(rest.to_owned());
            }
            "dead" => steps.push(Step::Dead(rest.to_owned())),
            "growing" => {
                let (volume, new_size) = rest.split_once(' ').unwrap();
                steps.push(Step::Growing {
                    volume: volume.to_owned(),
                    new_size_gib: new_size.parse().unwrap(),
                });
            }
            "image" => {
                let (name, details) = rest.split_once(' ').unwrap();
                steps.push(Step::Image { name: name.to_owned(), details: details.to_owned() });
            }
            "do" => steps.push(Step::Do(Question::parse(index + 1, rest))),
            "gone" => steps.push(Step::Gone(rest.to_owned())),
            "make" => steps.push(make(rest)),
            "wait" => steps.push(wait(rest)),
            _ => steps.push(Step::Ask(Question::parse(index + 1, line))),
        }
        ours = false;
    }
    steps
}

/// `[@minors ]status[ body]`.
fn reply(text: &str) -> (Option<Vec<String>>, String) {
    let Some(rest) = text.strip_prefix('@') else { return (None, text.to_owned()) };
    let (minors, reply) = rest.split_once(' ').unwrap();
    (Some(minors.split(',').map(str::to_owned).collect()), reply.to_owned())
}

fn make(rest: &str) -> Step {
    let mut words = rest.splitn(5, ' ').map(str::to_owned);
    let mut next = || words.next().unwrap();
    Step::Make { who: next(), path: next(), key: next(), name: next(), body: next() }
}

fn wait(rest: &str) -> Step {
    let mut words = rest.splitn(3, ' ').map(str::to_owned);
    let mut next = || words.next().unwrap();
    Step::Wait { path: next(), key: next(), wanted: next() }
}
