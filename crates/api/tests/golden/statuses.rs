//! What may be asked of a volume in which status: what Cinder 29 answered (`statuses.table`, see README.md) is compared
//! with what Besser says.

use serde_json::Value;

use crate::given;
use crate::replay::Talk;
use crate::transcript::Question;

const TABLE: &str = "tests/golden/statuses.table";

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
/// changed nothing: the next request is about the same volume.
pub(crate) async fn compare() {
    let text = std::fs::read_to_string(TABLE).unwrap();
    let (statuses, rows) = parse(&text);
    let busy = given::world(&["another backend"]).await;
    let mut talk = Talk::with(&busy);
    talk.prepare().await;
    for name in ["here", "there"] {
        let body = format!("{{\"name\": \"{name}\", \"extra_specs\": {{\"volume_backend_name\": \"sim\"}}}}");
        talk.make("admin", "/types", "volume_type", name, &body).await;
    }
    for status in statuses {
        let mut is_fresh = false;
        for row in &rows {
            if !is_fresh {
                volume(&mut talk, status).await;
            }
            let code = ask(&mut talk, row, status).await;
            is_fresh = code >= 300;
        }
    }
    let found = talk.differences;
    busy.stop().await;
    assert!(found.is_empty(), "{} answers differ:\n{}", found.len(), found.join("\n"));
}

/// Makes a volume in that status. It is in use by a server; two others are refused here as words of an administrator.
async fn volume(talk: &mut Talk<'_>, status: &str) {
    let body = "{\"size\": 1, \"volume_type\": \"here\", \"metadata\": {\"k\": \"w\"}}";
    talk.make("member", "/volumes", "volume", "v", body).await;
    if status == "in-use" {
        let body = "{\"os-attach\": {\"instance_uuid\": \"$server_b\", \"mountpoint\": \"/dev/vda\"}}";
        talk.granted(&Question::parse(0, &format!("member@71 POST /volumes/$v/action {body}"))).await;
    } else {
        talk.set_status("$v", status).await;
    }
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

/// `statuses …`, and requests with their replies: `who METHOD path [body]`, `-> code statuses[ | message]`, and ours after
/// `=> `, which count before theirs.
fn parse(text: &str) -> (Vec<&str>, Vec<Row>) {
    let (mut statuses, mut rows) = (Vec::new(), Vec::<Row>::new());
    for (index, line) in text.lines().enumerate() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" | "differs:" => {}
            "statuses" => statuses = rest.split(' ').collect(),
            "->" => rows.last_mut().unwrap().replies.push(reply(rest)),
            "=>" => rows.last_mut().unwrap().replies.insert(0, reply(rest)),
            who => {
                let question = Question::parse(index + 1, &format!("{who}@71 {rest}"));
                rows.push(Row { question, replies: Vec::new() });
            }
        }
    }
    (statuses, rows)
}

fn reply(text: &str) -> Reply {
    let (head, message) = text.split_once(" | ").unwrap_or((text, ""));
    let (code, statuses) = head.split_once(' ').unwrap();
    let statuses = statuses.split(' ').map(str::to_owned).collect();
    Reply { code: code.parse().unwrap(), statuses, message: message.to_owned() }
}
