//! What Nova does with an encrypted volume: castellan fetches its key with the user's token, and QEMU opens it.

use std::fs;
use std::path::Path;
use std::process::Command;

use blackbox::clients::{self, Clients};
use blackbox::disk::file_of;
use blackbox::server::MEMBER_CLOUD;
use blackbox::{Images, Server, people, skip};
use serde_json::json;

const STRANGER: &str = "stranger";

/// Castellan as Nova configures it. Prints the passphrase that the key of the first argument makes.
const PROGRAM: &str = r#"
import binascii
import sys

try:
    from castellan import key_manager, options
    from castellan.common import exception
    from castellan.common.credentials import keystone_password
except ImportError as error:
    print("skip:", error)
    sys.exit()
import openstack
from oslo_config import cfg
from oslo_context import context

KEY, STRANGER, PASSWORD = ARGUMENTS

cloud = openstack.connect()
auth_url = cloud.session.auth.auth_url
conf = cfg.ConfigOpts()
conf([], default_config_files=[])
options.set_defaults(conf, backend="barbican", auth_endpoint=auth_url)
manager = key_manager.API(conf)

user = context.RequestContext(auth_token=cloud.session.get_token(), project_id=cloud.current_project_id)
key = manager.get(user, KEY)
assert key.algorithm.lower() == "aes" and key.bit_length == 256, (key.algorithm, key.bit_length)

stranger = keystone_password.KeystonePassword(
    PASSWORD, username=STRANGER, auth_url=auth_url, project_name=STRANGER,
    user_domain_name="Default", project_domain_name="Default")
nobodys = "11111111-2222-4333-8444-555555555555"
for who, id, refusal in (
    (stranger, KEY, exception.KeyManagerError), (user, nobodys, exception.ManagedObjectNotFoundError),
):
    try:
        manager.get(who, id)
    except refusal:
        pass
    else:
        sys.exit("it is told what it may not know")
print(binascii.hexlify(key.get_encoded()).decode())
"#;

/// The first bytes of the content of the container in `file`, as QEMU opens it with `passphrase`.
fn opened(file: &Path, passphrase: &str, beside: &Path, length: usize) -> Vec<u8> {
    let (key, content) = (beside.join("passphrase"), beside.join("content"));
    fs::write(&key, passphrase).expect("a file");
    let node = format!("driver=luks,key-secret=key,file.driver=file,file.filename={}", file.display());
    let copied = Command::new("qemu-img")
        .args(["dd", "--image-opts", "-O", "raw", "bs=1M", "count=1"])
        .arg(format!("--object=secret,id=key,file={}", key.display()))
        .args([format!("if={node}"), format!("of={}", content.display())])
        .output()
        .expect("qemu-img");
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let mut content = fs::read(&content).expect("what was copied");
    content.truncate(length);
    content
}

#[test]
fn castellan_fetches_the_key_that_opens_a_volume() {
    if Command::new("qemu-img").arg("--version").output().is_err() {
        return skip::report("qemu-img is not installed");
    }
    let Some(venv) = clients::find_venv() else { return };
    let server = Server::start();
    let demo = server.member();
    people::make_encrypted_type(&server, "secret", "luks");
    let content: Vec<u8> = (0..300_001_u32).map(|at| (at * 7 % 251) as u8).collect();
    let image = Images::of(&server, &demo).upload("raw", "bare", &content);
    let volume = demo.make_volume(json!({"size": 1, "imageRef": image, "volume_type": "secret"}));
    let encryption = demo.get(&format!("/volumes/{volume}/encryption"));
    assert_eq!((&encryption["provider"], &encryption["key_size"]), (&json!("luks"), &json!(256)));
    let key = encryption["encryption_key_id"].as_str().expect("a key");

    people::newcomer(&server, STRANGER, "member");
    let arguments = json!([key, STRANGER, format!("the secret of {STRANGER}")]);
    let program = PROGRAM.replace("ARGUMENTS", &arguments.to_string());
    let said = Clients::of(&server, &venv, MEMBER_CLOUD).python(&program);
    let passphrase = match said.trim().strip_prefix("skip: ") {
        Some(why) => return skip::report(&format!("no castellan: {why}")),
        None => said.trim(),
    };
    assert_eq!(passphrase.len(), 64);
    let file = file_of(&server.volumes_dir(), &volume);
    assert!(opened(&file, passphrase, &server.side_dir("opened"), content.len()) == content);
    assert!(!server.log().contains(passphrase), "a key is in the log");
}
