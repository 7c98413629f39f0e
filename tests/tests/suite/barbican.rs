//! Encrypted volumes whose keys a real Barbican keeps: made there, had by who attaches, and removed with the volume.

use std::fs;

use blackbox::disk::file_of;
use blackbox::server::{ADMIN_CLOUD, MEMBER_CLOUD};
use blackbox::{Barbican, Serve, Server, Session, people};
use serde_json::json;

use crate::castellan::{ask, opened, sealed_volume, tools};

/// Who keeps the keys, as an ordinary member of a project of its own.
const KEEPER: &str = "keeper";

/// A server with the identity service that Barbican asks, and that then has its keys kept there.
fn with_barbican() -> Option<(Server, Barbican)> {
    let mut server = Serve::new().config("").start();
    let barbican = Barbican::start(&server.cloud(ADMIN_CLOUD))?;
    let keeper = people::newcomer(&server, KEEPER, "member");
    let config = format!(
        "[key_manager]\nbackend = barbican\n[barbican]\nbarbican_endpoint = {}\n[barbican_service_user]\n\
         auth_type = password\nauth_url = {}\nusername = {KEEPER}\npassword = {}\nproject_name = {KEEPER}\n\
         user_domain_name = Default\nproject_domain_name = Default\n",
        barbican.root(),
        keeper.auth_url,
        keeper.password
    );
    server.terminate();
    fs::write(server.side_dir("etc").join("cinder.conf"), config).expect("a written cinder.conf");
    server.start_again();
    Some((server, barbican))
}

/// Lets a host in to a volume; the path of the attachment.
fn attach(session: &Session, volume: &str) -> String {
    let body = json!({"attachment": {"volume_uuid": volume, "connector": {"host": "node"}}});
    let made = session.post("/attachments", &body).expect(200).json();
    format!("/attachments/{}", made["attachment"]["id"].as_str().expect("an id"))
}

#[test]
fn a_real_barbican_keeps_the_keys() {
    let Some(venv) = tools() else { return };
    let Some((server, barbican)) = with_barbican() else { return };
    let demo = server.member();
    let (volume, content) = sealed_volume(&server);
    let key = demo.get(&format!("/volumes/{volume}/encryption"))["encryption_key_id"].clone();
    let key = key.as_str().expect("a key");

    let keeper = server.cloud(ADMIN_CLOUD).with_user(KEEPER, &format!("the secret of {KEEPER}"), KEEPER);
    let (owner, other) = (server.cloud(MEMBER_CLOUD), people::newcomer(&server, "other", "member"));
    let asked = [(&keeper, key), (&owner, key), (&other, key)];
    let root = barbican.root();
    let Some(said) = ask(&server, &venv, Some(&root), &asked) else { return };
    let [passphrase, unattached, stranger] = &said[..] else { panic!("{said:?}") };
    assert_eq!(passphrase.len(), 64);
    assert_eq!([unattached, stranger], ["refused", "refused"]);
    let file = file_of(&server.volumes_dir(), &volume);
    assert!(opened(&file, passphrase, &server.side_dir("opened"), content.len()) == content);

    let attachment = attach(&demo, &volume);
    let said = ask(&server, &venv, Some(&root), &asked).expect("castellan");
    assert_eq!(said, [passphrase, passphrase, "refused"], "its owner is let in, and nobody else");
    demo.delete(&attachment).expect(200);

    let offered =
        demo.post("/volume-transfers", &json!({"transfer": {"volume_id": volume}})).expect(202).json();
    let offered = &offered["transfer"];
    let accept = format!("/volume-transfers/{}/accept", offered["id"].as_str().expect("an id"));
    let others = Session::login(&other);
    others.post(&accept, &json!({"accept": {"auth_key": offered["auth_key"]}})).expect(202);
    let attachment = attach(&others, &volume);
    let said = ask(&server, &venv, Some(&root), &asked).expect("castellan");
    assert_eq!(said, [passphrase, "refused", passphrase], "it is another's now");
    others.delete(&attachment).expect(200);

    others.remove(&format!("/volumes/{volume}"));
    let said = ask(&server, &venv, Some(&root), &asked).expect("castellan");
    assert_eq!(said, ["missing"; 3], "it goes with the volume");
    assert!(!server.log().contains(passphrase), "a key is in the log");
}
