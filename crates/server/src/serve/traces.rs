//! Traces to a collector of OpenTelemetry: OTLP over HTTP, in its JSON encoding (opentelemetry-proto 1.x, `/v1/traces`).
//!
//! The options are those of osprofiler, whose driver `otlp` says the same of a collector.

use std::sync::Arc;
use std::time::Duration;

use backends::http::{Http, HttpOptions, Request};
use config::{Config, OptionError};
use ledger::{Span, Spans, Supervisor};
use model::OperationId;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::cli::{Failure, chain};

/// Most spans in one request to the collector.
const MAX_BATCH: usize = 256;
/// How long a span waits for others to go with.
const GATHER: Duration = Duration::from_secs(1);
/// How long the collector may take; spans find less room meanwhile, and nobody waits.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Kinds and status codes of spans (`trace.proto`).
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const ERROR: u8 = 2;

/// What the configuration says about traces.
pub(super) struct Traces {
    /// The collector.
    url: String,
}

impl Traces {
    /// Reads `[profiler] enabled` and `connection_string`; none when no collector of OpenTelemetry is named.
    pub(super) fn read(config: &Config) -> Result<Option<Self>, OptionError> {
        let section = config.section("profiler");
        if !section.bool("enabled")? {
            return Ok(None);
        }
        let collector = section.nonempty("connection_string")?;
        Ok(collector.as_deref().and_then(collector_url).map(|url| Self { url }))
    }

    /// Begins to collect for a process of these roles on `host`, until it ends.
    pub(super) fn start(
        &self,
        supervisor: &Supervisor,
        spans: Spans,
        host: &str,
        roles: &str,
    ) -> Result<(), Failure> {
        let http = Http::new(&HttpOptions { timeout: Some(TIMEOUT), ..HttpOptions::default() });
        let http = http.map_err(|error| chain(&error))?;
        let resource = json!({"attributes": [
            fact("service.name", "besser"),
            fact("service.version", env!("CARGO_PKG_VERSION")),
            fact("service.instance.id", host),
            fact("besser.roles", roles),
        ]});
        supervisor.spawn(collect(
            Arc::new(Collector { http, url: self.url.clone(), resource }),
            spans,
            supervisor.clone(),
        ));
        Ok(())
    }
}

/// `otlp://host:4318` as osprofiler has it, or an address with its scheme; the path is OTLP's unless one is said.
fn collector_url(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = match scheme {
        "otlp" | "http" => "http",
        "otlps" | "https" => "https",
        _ => return None,
    };
    let rest = rest.trim_end_matches('/');
    let path = if rest.contains('/') { "" } else { "/v1/traces" };
    Some(format!("{scheme}://{rest}{path}"))
}

struct Collector {
    http: Http,
    url: String,
    resource: Value,
}

/// Takes what is told to the collector, some at a time. What it does not take is lost, and the log says so once.
async fn collect(collector: Arc<Collector>, mut spans: Spans, supervisor: Supervisor) {
    let mut stopping = supervisor.stopping();
    let mut is_away = false;
    loop {
        let mut batch = Vec::new();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            first = spans.told.recv() => match first {
                Some(first) => batch.push(first),
                None => return,
            },
        }
        // However long they come, they go after a moment.
        let _ = timeout(GATHER, async {
            while batch.len() < MAX_BATCH {
                match spans.told.recv().await {
                    Some(span) => batch.push(span),
                    None => return,
                }
            }
        })
        .await;
        let (to, count) = (Arc::clone(&collector), batch.len());
        let sent = supervisor.blocking().start(move || to.send(&batch)).await;
        let lost = spans.take_lost();
        let sent = sent.unwrap_or_else(|error| Err(error.to_string()));
        if lost > 0 {
            tracing::warn!(lost, "spans were lost: the collector of traces is too slow");
        }
        match sent {
            Ok(()) => is_away = false,
            Err(why) if !std::mem::replace(&mut is_away, true) => {
                tracing::warn!(
                    why,
                    count,
                    "the collector of traces takes nothing; until it does, traces are lost"
                );
            }
            Err(_) => {}
        }
    }
}

impl Collector {
    fn send(&self, batch: &[Span]) -> Result<(), String> {
        let spans: Vec<Value> = batch.iter().filter_map(encode).collect();
        let scope = json!({"scope": {"name": "besser"}, "spans": spans});
        let body = json!({"resourceSpans": [{"resource": self.resource, "scopeSpans": [scope]}]});
        let request = Request { method: "POST", url: &self.url, headers: &[], body: Some(&body) };
        let reply = self.http.send(&request).map_err(|error| chain(&error))?;
        if (200..300).contains(&reply.status) { Ok(()) } else { Err(format!("it answers {}", reply.status)) }
    }
}

/// A span in OTLP's JSON; none where its request has no name that could be a trace's.
fn encode(span: &Span) -> Option<Value> {
    let (trace, answer) = (span.trace_id()?, span.answer_id()?);
    let own = || OperationId::random().uuid().simple().to_string().split_at(16).0.to_owned();
    let (id, parent, kind) =
        if span.is_answer { (answer, String::new(), SERVER) } else { (own(), answer, INTERNAL) };
    let mut facts: Vec<Value> = span.facts.iter().map(|(name, value)| fact(name, value)).collect();
    facts.push(fact("openstack.request_id", &span.request_id));
    let status = match &span.failure {
        Some(why) => json!({"code": ERROR, "message": why}),
        None => json!({}),
    };
    Some(json!({
        "traceId": trace,
        "spanId": id,
        "parentSpanId": parent,
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": span.began.as_nanos().to_string(),
        "endTimeUnixNano": (span.began + span.took).as_nanos().to_string(),
        "attributes": facts,
        "status": status,
    }))
}

fn fact(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collectors_are_named_as_osprofiler_names_them() {
        let url = |text| collector_url(text);
        assert_eq!(url("otlp://c:4318").as_deref(), Some("http://c:4318/v1/traces"));
        assert_eq!(url("https://c/other/traces").as_deref(), Some("https://c/other/traces"));
        assert_eq!(url("otlps://c/").as_deref(), Some("https://c/v1/traces"));
        assert_eq!((url("mongodb://c"), url("c:4318")), (None, None));
    }
}
