//! Behind a proxy: where links lead is what the proxy says, where it is to be believed.

use blackbox::{Serve, Server};

/// The versions, as a proxy asks for them.
fn versions(server: &Server) -> String {
    let request = server.member().request("GET", &format!("{}/", server.volume_root()));
    let request =
        request.header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "cloud.example.org");
    request.send().expect("an answer").expect(300).text()
}

#[test]
fn links_lead_to_the_proxy_that_is_believed_and_to_no_other() {
    let believed = Serve::new().config("[oslo_middleware]\nenable_proxy_headers_parsing = true\n").start();
    let text = versions(&believed);
    assert!(text.contains("\"https://cloud.example.org/v3/\""), "{text}");
    let text = versions(&Server::start());
    assert!(!text.contains("cloud.example.org") && text.contains("\"http://127.0.0.1:"), "{text}");
}
