//! A process on a host whose clock is wrong: it serves, is seen to be up, and how wrong its clock is can be seen.

use std::path::Path;

use blackbox::session::Session;
use blackbox::{Server, wait};
use serde_json::Value;

use super::{besser, process, said, share_key};

/// The library by which a process has a clock of its own.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// What the host with that clock is called.
const HOST: &str = "wrong-clock";
/// How exactly it is shown, in milliseconds: asking the database what time it is takes a while.
const EXACTLY_MS: i64 = 2_000;

/// How far ahead the clock of the host is, by what `besser service list` shows.
fn shown_ms(file: &Path) -> Option<i64> {
    let told = said(&besser(&["service", "list", "--json"], file));
    let services: Value = serde_json::from_str(&told).expect("JSON");
    let found = services.as_array().into_iter().flatten().find(|it| it["host"] == HOST);
    found?["clock_ahead_ms"].as_i64()
}

/// The same by a metric of any process, in seconds.
fn measured_s(front: &Server, admin: &Session) -> Option<f64> {
    let url = format!("{}/metrics", front.volume_root());
    let text = admin.request("GET", &url).send().expect("an answer").expect(200).text();
    let host = format!("host=\"{HOST}\"");
    let line = text
        .lines()
        .find(|line| line.starts_with("besser_service_clock_ahead_seconds{") && line.contains(&host))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Starts a process an hour ahead, and then one an hour behind.
pub(super) fn is_shown(conf: &str, file: &Path, front: &Server, admin: &Session) {
    if !Path::new(LIBRARY).is_file() {
        skips::report("there is no libfaketime");
        return;
    }
    for wrong_by_s in [3600_i64, -3600] {
        let conf = conf.replacen("[DEFAULT]\n", &format!("[DEFAULT]\nhost = {HOST}\n"), 1);
        let serve = process(&conf, "api,scheduler")
            .environment("LD_PRELOAD", LIBRARY)
            .environment("FAKETIME", format!("{wrong_by_s:+}s"))
            .environment("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .environment("NO_FAKE_STAT", "1");
        share_key(front, &serve);
        let _server = serve.start();
        let is_near = |shown_ms: i64| (shown_ms - wrong_by_s * 1000).abs() < EXACTLY_MS;
        wait::until(wait::PATIENCE, "its clock is shown", || shown_ms(file).filter(|it| is_near(*it)));
        #[allow(clippy::cast_possible_truncation, reason = "an hour")]
        let measured = measured_s(front, admin).map(|seconds| (seconds * 1000.0) as i64);
        assert!(measured.is_some_and(is_near), "{measured:?}");
        let services = admin.get("/os-services");
        let them = services["services"].as_array().into_iter().flatten();
        let states: Vec<_> = them.filter(|it| it["host"] == HOST).map(|it| &it["state"]).collect();
        assert_eq!(states, ["up"], "{services}");
    }
}
