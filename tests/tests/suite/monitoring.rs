//! Alerts and dashboards that only speak of what is measured.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use blackbox::http::Request;
use blackbox::{Serve, Server, wait};
use serde_json::{Value, json};

/// What the names of our metrics begin with.
const PREFIX: &str = "besser_";

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/monitoring").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every name of a metric in a text.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with(PREFIX)).map(str::to_owned).collect()
}

/// The expressions of a dashboard.
fn expressions(dashboard: &Value) -> Vec<&str> {
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().expect("targets of a panel"));
    targets.map(|target| target["expr"].as_str().expect("an expression")).collect()
}

/// The names of the samples that a server has.
fn measured(server: &Server) -> BTreeSet<String> {
    let url = format!("{}/metrics", server.volume_root());
    let text = Request::new("GET", &url).send().expect("an answer").expect(200).text();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

#[test]
fn every_metric_that_is_spoken_of_is_measured() {
    let dashboard: Value = serde_json::from_str(&shipped("besser.dashboard.json")).expect("JSON");
    let expressions = expressions(&dashboard);
    assert!(expressions.len() >= 10, "{expressions:?}");
    let mut wanted = metrics_in(&expressions.join("\n"));
    wanted.extend(metrics_in(&shipped("besser.rules.yml")));
    assert!(wanted.len() >= 10, "{wanted:?}");

    let serve = Serve::new();
    let conf = format!(
        "[DEFAULT]\nenabled_backends = slow\n\n[slow]\nvolume_driver = sim\nvolume_backend_name = slow\n\
         mount_point = {}\nsim_delay_ms = 3000\n",
        serve.side_dir("sim").display()
    );
    let server = serve.config(&conf).start();
    let demo = server.member();
    demo.ask_volume(json!({"size": 1}));
    let mut seen = BTreeSet::new();
    let all = wait::poll(Duration::from_secs(60), || {
        seen.extend(measured(&server));
        wanted.is_subset(&seen).then_some(())
    });
    assert!(all.is_some(), "not measured: {:?}", wanted.difference(&seen).collect::<Vec<_>>());
}
