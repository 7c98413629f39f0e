//! Traces: what was done for a request, in all roles, told to a collector of OpenTelemetry.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use blackbox::{Serve, wait};
use serde_json::{Value, json};

/// A collector that takes everything; its address, and the spans that come, one by one.
fn collector() -> (String, Receiver<Value>) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    let (told, spans) = mpsc::channel();
    // It ends with the test.
    thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            let told = told.clone();
            thread::spawn(move || serve(stream, &told));
        }
    });
    (address, spans)
}

/// Answers the requests of a connection: OTLP over HTTP, in JSON.
fn serve(stream: TcpStream, told: &Sender<Value>) -> Option<()> {
    let mut answers = stream.try_clone().ok()?;
    let mut requests = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if requests.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        let mut body = vec![0; length.parse().expect("a length")];
        requests.read_exact(&mut body).ok()?;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        for resource in body["resourceSpans"].as_array().expect("resources") {
            for span in resource["scopeSpans"][0]["spans"].as_array().expect("spans") {
                let mut span = span.clone();
                span["resource"] = resource["resource"].clone();
                let _ = told.send(span);
            }
        }
        answers
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
            .ok()?;
    }
}

/// A fact of a span, or of the process that it is from.
fn fact<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    let facts = of["attributes"].as_array()?;
    facts.iter().find(|fact| fact["key"] == key)?["value"]["stringValue"].as_str()
}

fn nanoseconds(span: &Value, key: &str) -> u128 {
    span[key].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{key} of {span}"))
}

#[test]
fn a_request_is_one_trace_through_all_roles() {
    let (address, told) = collector();
    let config = format!("[profiler]\nenabled = true\nconnection_string = otlp://{address}\n");
    let server = Serve::new().config(&config).start();
    let demo = server.member();
    let id = demo.make_volume(json!({"size": 1}));
    let mut spans: Vec<Value> = Vec::new();
    let trace = wait::until(wait::PATIENCE, "the trace of a volume", || {
        spans.extend(told.try_iter());
        let made = spans.iter().find(|span| span["name"] == "volume.create provision")?;
        let trace: Vec<Value> =
            spans.iter().filter(|span| span["traceId"] == made["traceId"]).cloned().collect();
        (trace.len() >= 3).then_some(trace)
    });
    let answer = trace.iter().find(|span| span["kind"] == 2).expect("the answer of the API");
    assert_eq!(answer["name"], "POST volume");
    assert_eq!(fact(answer, "http.response.status_code"), Some("202"));
    let request = fact(answer, "openstack.request_id").expect("a request id");
    let work: Vec<&Value> = trace.iter().filter(|span| span["kind"] == 1).collect();
    let mut names: Vec<&str> = work.iter().filter_map(|span| span["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["volume.create place", "volume.create provision"]);
    for span in &trace {
        assert_eq!(span["traceId"].as_str().map(str::len), Some(32), "{span}");
        assert_eq!(span["spanId"].as_str().map(str::len), Some(16), "{span}");
        assert_eq!(fact(span, "openstack.request_id"), Some(request));
        assert!(nanoseconds(span, "endTimeUnixNano") >= nanoseconds(span, "startTimeUnixNano"), "{span}");
        assert_eq!(fact(&span["resource"], "service.name"), Some("besser"));
        assert!(fact(&span["resource"], "besser.roles").is_some_and(|roles| roles.contains("scheduler")));
    }
    for span in work {
        assert_eq!(span["parentSpanId"], answer["spanId"]);
        assert_eq!(fact(span, "besser.operation.resource"), Some(format!("volume/{id}").as_str()));
    }
}

#[test]
fn a_collector_that_is_away_keeps_nobody_waiting() {
    let config = "[profiler]\nenabled = true\nconnection_string = otlp://127.0.0.1:9\n";
    let server = Serve::new().config(config).start();
    server.member().make_volume(json!({"size": 1}));
    wait::until(wait::PATIENCE, "the log says so", || {
        server.log().contains("the collector of traces takes nothing").then_some(())
    });
}
