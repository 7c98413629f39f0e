//! Notifications over a real RabbitMQ, read by oslo.messaging.

use std::path::Path;
use std::process::Command;

use blackbox::keystone;
use blackbox::rabbitmq::RabbitMq;
use blackbox::{Serve, people, ports, wait};
use serde_json::{Value, json};

/// A script beside these tests.
fn script(name: &str) -> String {
    format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a script of Python, which must succeed; what it printed.
fn python(venv: &Path, script: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(venv.join("bin/python"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").arg(script).args(arguments);
    let output = command.output().expect("Python can be started");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What was told of the volume `id`: urgency and event, in their order.
fn told_of<'a>(notices: &'a [Value], id: &str) -> Vec<(&'a str, &'a str)> {
    let about = notices.iter().filter(|notice| notice["payload"]["volume_id"] == id);
    about
        .map(|notice| (notice["priority"].as_str().unwrap(), notice["event_type"].as_str().unwrap()))
        .collect()
}

#[test]
fn what_happens_is_told_even_if_the_broker_was_away() {
    let Some(venv) = keystone::find_venv() else { return };
    let [tls_port, nobodys_port, _] = ports::three_free();
    let broker = RabbitMq::start(|home| {
        let home = home.display().to_string();
        python(&venv, &script("keystone/real_keystone.py"), &["certificate", &home]);
        format!(
            "listeners.ssl.default = 127.0.0.1:{tls_port}\nssl_options.cacertfile = {home}/cert.pem\n\
             ssl_options.certfile = {home}/cert.pem\nssl_options.keyfile = {home}/key.pem\n\
             ssl_options.verify = verify_none\n"
        )
    });
    let Some(mut broker) = broker else { return };
    let config = format!(
        "[DEFAULT]\ntransport_url = rabbit://guest:guest@127.0.0.1:{nobodys_port},guest:guest@127.0.0.1:{tls_port}/?ssl=1\n\
         [oslo_messaging_rabbit]\nssl_ca_file = {}/cert.pem\n[oslo_messaging_notifications]\ndriver = messagingv2\n",
        broker.home().display()
    );
    let server = Serve::new().config(&config).start();
    let demo = server.member();
    people::lift_quotas(&server.admin(), &demo.project_id);
    let first = demo.make_volume(json!({"size": 1, "name": "first"}));
    wait::until(wait::PATIENCE, "notifications go by the broker", || {
        server.log().contains("notifications go by the broker").then_some(())
    });
    broker.kill();
    // Nothing waits for the broker.
    let second = demo.make_volume(json!({"size": 1}));
    demo.remove(&format!("/volumes/{first}"));
    let too_large = demo.ask_volume(json!({"size": 900_000}));
    demo.await_volume(&too_large, "error");
    broker.serve();

    let url = format!("rabbit://guest:guest@127.0.0.1:{}/", broker.port());
    let heard = python(&venv, &script("rabbitmq/listen.py"), &[&url, "volume.create.error", "90"]);
    let notices: Vec<Value> = heard.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The queue was not durable, as Cinder's is not: what was told before went with the broker.
    let of_first = told_of(&notices, &first);
    assert!(
        of_first.ends_with(&[("INFO", "volume.delete.start"), ("INFO", "volume.delete.end")]),
        "{of_first:?}"
    );
    assert_eq!(told_of(&notices, &second), [("INFO", "volume.create.start"), ("INFO", "volume.create.end")]);
    assert_eq!(told_of(&notices, &too_large), [("ERROR", "volume.create.error")]);
    let made = notices.iter().find(|it| it["event_type"] == "volume.create.end").unwrap();
    assert_eq!(made["payload"]["status"], "available");
    assert_eq!(made["payload"]["tenant_id"], demo.project_id.as_str());
    assert!(made["publisher_id"].as_str().unwrap().starts_with("volume."), "{made}");
    assert_eq!(made["context"]["project_id"], demo.project_id.as_str());
    // Whoever removes a queue loses what was in it, and nothing that is told later.
    python(&venv, &script("rabbitmq/remove_queue.py"), &[&url, "notifications.info"]);
    let third = demo.make_volume(json!({"size": 1}));
    demo.remove(&format!("/volumes/{third}"));
    let heard = python(&venv, &script("rabbitmq/listen.py"), &[&url, "volume.delete.end", "90"]);
    let notices: Vec<Value> = heard.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_third: Vec<&str> = told_of(&notices, &third).into_iter().map(|(_, event)| event).collect();
    let all = ["volume.create.start", "volume.create.end", "volume.delete.start", "volume.delete.end"];
    assert_eq!(of_third, all);
    let log = server.log();
    assert!(
        log.contains("cannot tell others what happens") && log.contains("takes notifications again"),
        "{log}"
    );
}
