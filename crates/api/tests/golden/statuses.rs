//! What may be asked of a thing in which status: what Cinder 29 answered (`statuses/`, see README.md) is compared with what
//! Besser says.

use serde_json::Value;

use crate::given;
use crate::replay::Talk;
use crate::transcript::Question;

/// What is asked of things of one kind.
#[derive(Default)]
struct Table<'t> {
    /// What a world is given.
    given: Vec<&'t str>,
    /// Lines of a conversation before all else.
    once: Vec<&'t str>,
    /// Those that make a thing.
    each: Vec<&'t str>,
    /// Those that bring it to a status, where it cannot just be set.
    at: Vec<(&'t str, &'t str)>,
    /// The kind and the name of what has a status.
    sets: (&'t str, &'t str),
    statuses: Vec<&'t str>,
    rows: Vec<Row>,
}

/// A request, and what is answered to it in which statuses.
struct Row {
    question: Question,
    replies: Vec<Reply>,
}

struct Reply {
    code: u16,
    statuses: Vec<String>,
    /// Why it was refused.
    message: String,
}

/// Asks for everything in every status, and fails with everything that was answered differently. What was refused has
/// changed nothing: the next request is about the same thing.
pub(crate) async fn compare(name: &str) {
    let text = std::fs::read_to_string(format!("tests/golden/statuses/{name}.txt")).unwrap();
    let table = Table::parse(&text);
    let busy = given::world(&table.given).await;
    let mut talk = Talk::with(&busy);
    talk.prepare().await;
    talk.say(&table.once).await;
    for status in &table.statuses {
        let mut is_fresh = false;
        for row in &table.rows {
            if !is_fresh {
                table.make(&mut talk, status).await;
            }
            let code = ask(&mut talk, row, status).await;
            is_fresh = code >= 300;
        }
    }
    let found = talk.differences;
    busy.stop().await;
    assert!(found.is_empty(), "{} answers differ:\n{}", found.len(), found.join("\n"));
}

/// Asks, compares, and returns the status code.
async fn ask(talk: &mut Talk<'_>, row: &Row, status: &str) -> u16 {
    let Some(wanted) = row.replies.iter().find(|reply| reply.statuses.iter().any(|it| it == status)) else {
        panic!("line {} has no reply for {status}", row.question.line)
    };
    let answer = talk.send(&row.question, "71").await;
    let ours = match answer.status {
        200..300 => String::new(),
        _ => message(&talk.normal(answer.body)),
    };
    let theirs = wanted.message.replace("$status", status);
    if (answer.status, &ours) != (wanted.code, &theirs) {
        let found = format!("{} {ours}\n    should be {} {theirs}", answer.status, wanted.code);
        talk.note(&row.question, status, &found);
    }
    answer.status
}

/// The message of a fault, whatever its name.
fn message(body: &Value) -> String {
    let fault = body.as_object().and_then(|body| body.values().next());
    fault.and_then(|fault| fault["message"].as_str()).unwrap_or_default().to_owned()
}

impl<'t> Table<'t> {
    /// Lines of words that [`Table`] explains, and requests with their replies: `who METHOD path [body]`, `-> code
    /// statuses[ | message]`, and ours after `=> `, which count before theirs.
    fn parse(text: &'t str) -> Self {
        let mut table = Self::default();
        for (index, line) in text.lines().enumerate() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "" | "differs:" => {}
                "given" => table.given.push(rest),
                "once" => table.once.push(rest),
                "each" => table.each.push(rest),
                "at" => table.at.push(rest.split_once(' ').unwrap()),
                "sets" => table.sets = rest.split_once(' ').unwrap(),
                "statuses" => table.statuses = rest.split(' ').collect(),
                "->" => table.rows.last_mut().unwrap().replies.push(reply(rest)),
                "=>" => table.rows.last_mut().unwrap().replies.insert(0, reply(rest)),
                who => {
                    let question = Question::parse(index + 1, &format!("{who}@71 {rest}"));
                    table.rows.push(Row { question, replies: Vec::new() });
                }
            }
        }
        table
    }

    /// Makes a thing in that status.
    async fn make(&self, talk: &mut Talk<'_>, status: &str) {
        talk.say(&self.each).await;
        match self.at.iter().find(|(at, _)| *at == status) {
            Some((_, line)) => talk.say(&[line]).await,
            None => talk.set_status(self.sets.0, &format!("${}", self.sets.1), status).await,
        }
    }
}

fn reply(text: &str) -> Reply {
    let (head, message) = text.split_once(" | ").unwrap_or((text, ""));
    let (code, statuses) = head.split_once(' ').unwrap();
    let statuses = statuses.split(' ').map(str::to_owned).collect();
    Reply { code: code.parse().unwrap(), statuses, message: message.to_owned() }
}
