//! Reads a policy file: one mapping from rule names to checks, in YAML or JSON.
//!
//! The file is read event by event, so that each rule keeps its line, a name that comes twice is
//! noticed, and aliases cannot multiply.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::finding::{Finding, Problem};

/// Largest policy file, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// Most rules in a policy file.
pub const MAX_FILE_RULES: usize = 4096;

/// A policy file that cannot be read at all. Whoever reloads one keeps the rules it had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFileError {
    /// Larger than [`MAX_FILE_BYTES`].
    #[error("the policy file is larger than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    /// More than [`MAX_FILE_RULES`] rules.
    #[error("the policy file has more than {MAX_FILE_RULES} rules")]
    TooManyRules,
    /// Neither YAML nor JSON.
    #[error("neither YAML nor JSON: {message}")]
    NotYaml {
        /// The line, from 1.
        line: usize,
        /// What the YAML parser expected.
        message: String,
    },
    /// Something other than a mapping from names to checks.
    #[error("a policy file is a mapping from rule names to checks")]
    NotAMapping {
        /// The line, from 1.
        line: usize,
    },
    /// A second YAML document follows the first.
    #[error("a policy file holds one document")]
    ManyDocuments {
        /// The line, from 1.
        line: usize,
    },
}

impl PolicyFileError {
    /// The line, from 1, at which reading stopped, where there is one.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::NotYaml { line, .. } | Self::NotAMapping { line } | Self::ManyDocuments { line } => {
                Some(*line)
            }
            Self::TooLarge | Self::TooManyRules => None,
        }
    }
}

/// One entry of a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Override {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) check: Check,
}

/// The value of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    Text(String),
    Lists(Vec<Vec<String>>),
    Unusable(Problem),
}

/// What a policy file says: each rule once, in the order of the file, and what was wrong with it.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    pub(super) rules: Vec<Override>,
    pub(super) findings: Vec<Finding>,
}

impl Overrides {
    pub(super) fn parse(text: &str) -> Result<Self, PolicyFileError> {
        if text.len() > MAX_FILE_BYTES {
            return Err(PolicyFileError::TooLarge);
        }
        let mut reader = Reader { parser: Parser::new_from_str(text) };
        let mut overrides = Self::default();
        loop {
            match reader.next()? {
                (Event::MappingStart(..), _) => break,
                (Event::StreamEnd, _) => return Ok(overrides),
                (Event::Scalar(text, style, ..), _) if is_null(&text, style) => break,
                (Event::Scalar(..) | Event::SequenceStart(..) | Event::Alias(_), line) => {
                    return Err(PolicyFileError::NotAMapping { line });
                }
                _ => {}
            }
        }
        overrides.read_entries(&mut reader)?;
        reader.expect_end()?;
        Ok(overrides)
    }

    fn read_entries(&mut self, reader: &mut Reader<'_>) -> Result<(), PolicyFileError> {
        loop {
            match reader.next()? {
                (Event::MappingEnd | Event::DocumentEnd | Event::StreamEnd, _) => return Ok(()),
                (Event::Scalar(name, ..), line) => {
                    let check = reader.check()?;
                    self.add(Override { name: name.into_owned(), line, check })?;
                }
                (key, line) => {
                    reader.skip(&key)?;
                    let value = reader.next()?.0;
                    reader.skip(&value)?;
                    self.findings.push(Finding { line: Some(line), rule: None, problem: Problem::NotAName });
                }
            }
        }
    }

    fn add(&mut self, entry: Override) -> Result<(), PolicyFileError> {
        if let Some(index) = self.rules.iter().position(|earlier| earlier.name == entry.name) {
            let earlier = self.rules.remove(index);
            let rule = Some(earlier.name);
            self.findings.push(Finding { line: Some(earlier.line), rule, problem: Problem::Repeated });
        }
        if self.rules.len() == MAX_FILE_RULES {
            return Err(PolicyFileError::TooManyRules);
        }
        self.rules.push(entry);
        Ok(())
    }
}

/// The parser's events, with their line.
struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, usize), PolicyFileError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => Err(PolicyFileError::NotYaml {
                line: error.marker().line(),
                message: error.info().to_owned(),
            }),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    fn expect_end(&mut self) -> Result<(), PolicyFileError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), line) => return Err(PolicyFileError::ManyDocuments { line }),
                _ => {}
            }
        }
    }

    /// Reads the value of an entry.
    fn check(&mut self) -> Result<Check, PolicyFileError> {
        match self.next()?.0 {
            Event::Scalar(text, style, ..) if is_null(&text, style) => Ok(Check::Unusable(Problem::NoCheck)),
            Event::Scalar(text, ..) => Ok(Check::Text(text.into_owned())),
            Event::SequenceStart(..) => self.lists(),
            other => {
                self.skip(&other)?;
                Ok(Check::Unusable(Problem::NotACheck))
            }
        }
    }

    /// Reads a list of texts and lists of texts up to its end.
    fn lists(&mut self) -> Result<Check, PolicyFileError> {
        let (mut lists, mut usable) = (Vec::new(), true);
        loop {
            match self.next()?.0 {
                Event::SequenceEnd | Event::StreamEnd => break,
                Event::Scalar(text, ..) => lists.push(vec![text.into_owned()]),
                Event::SequenceStart(..) => match self.texts()? {
                    Some(texts) => lists.push(texts),
                    None => usable = false,
                },
                other => {
                    self.skip(&other)?;
                    usable = false;
                }
            }
        }
        Ok(if usable { Check::Lists(lists) } else { Check::Unusable(Problem::NotACheck) })
    }

    /// Reads a list of texts up to its end; `None` if there is anything else in it.
    fn texts(&mut self) -> Result<Option<Vec<String>>, PolicyFileError> {
        let (mut texts, mut usable) = (Vec::new(), true);
        loop {
            match self.next()?.0 {
                Event::SequenceEnd | Event::StreamEnd => break,
                Event::Scalar(text, ..) => texts.push(text.into_owned()),
                other => {
                    self.skip(&other)?;
                    usable = false;
                }
            }
        }
        Ok(usable.then_some(texts))
    }

    /// Reads on to the end of what `started`.
    fn skip(&mut self, started: &Event<'_>) -> Result<(), PolicyFileError> {
        let mut open = nesting(started);
        while open > 0 {
            let event = self.next()?.0;
            if event == Event::StreamEnd {
                break;
            }
            open += nesting(&event);
        }
        Ok(())
    }
}

const fn nesting(event: &Event<'_>) -> i64 {
    match event {
        Event::MappingStart(..) | Event::SequenceStart(..) => 1,
        Event::MappingEnd | Event::SequenceEnd => -1,
        _ => 0,
    }
}

/// Whether YAML means "no value" by an unquoted text.
fn is_null(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
