//! Faults of the Image API: a page for people, or JSON for who asks for it.

use crate::Fault;

/// The words behind a status.
#[must_use]
pub const fn title(code: u16) -> &'static str {
    match code {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Requested Range Not Satisfiable",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// What a client that accepts only JSON reads.
#[must_use]
pub fn json(fault: &Fault) -> Vec<u8> {
    let title = title(fault.code);
    let body = serde_json::json!({
        "message": format!("{}<br /><br />\n\n\n", escape(&fault.message)),
        "code": format!("{} {title}", fault.code),
        "title": title,
    });
    crate::json::to_vec(&body)
}

/// What all others read.
#[must_use]
pub fn html(fault: &Fault) -> Vec<u8> {
    let status = format!("{} {}", fault.code, title(fault.code));
    let message = escape(&fault.message);
    format!(
        "<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  \
         {message}<br /><br />\n\n\n\n </body>\n</html>"
    )
    .into_bytes()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sent_is_no_markup() {
        let page = String::from_utf8(html(&Fault::new(404, "No <b>'x'</b> & y"))).unwrap();
        assert!(page.contains("<h1>404 Not Found</h1>\n  No &lt;b&gt;&#x27;x&#x27;&lt;/b&gt; &amp; y<br />"));
    }
}
