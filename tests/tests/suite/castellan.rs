//! What Nova does with an encrypted volume: castellan fetches its key with the user's token, and QEMU opens it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use blackbox::clients::{self, Clients};
use blackbox::disk::file_of;
use blackbox::server::MEMBER_CLOUD;
use blackbox::{Cloud, Images, Server, people};
use serde_json::{Value, json};

const STRANGER: &str = "stranger";

/// Castellan as Nova configures it, which is asked for keys with tokens of users. Prints what becomes of each.
const PROGRAM: &str = r#"
import binascii
import sys

try:
    from castellan import key_manager, options
    from castellan.common import exception
except ImportError as error:
    print("skip:", error)
    sys.exit()
from keystoneauth1 import session
from keystoneauth1.identity import v3
from oslo_config import cfg
from oslo_context import context

AUTH_URL, ENDPOINT, ASKED = ARGUMENTS

conf = cfg.ConfigOpts()
conf([], default_config_files=[])
options.set_defaults(conf, backend="barbican", auth_endpoint=AUTH_URL, barbican_endpoint=ENDPOINT)
manager = key_manager.API(conf)
for name, password, project, key in ASKED:
    login = session.Session(v3.Password(
        AUTH_URL, username=name, password=password, project_name=project,
        user_domain_name="Default", project_domain_name="Default"))
    user = context.RequestContext(auth_token=login.get_token(), project_id=login.get_project_id())
    try:
        found = manager.get(user, key)
    except exception.ManagedObjectNotFoundError:
        print("missing")
    except exception.KeyManagerError:
        print("refused")
    else:
        assert found.algorithm.lower() == "aes" and found.bit_length == 256, (found.algorithm, found.bit_length)
        print(binascii.hexlify(found.get_encoded()).decode())
"#;

/// What castellan says to each user who asks for a key: `missing`, `refused`, or the passphrase that the key makes. It asks
/// Barbican at `endpoint`, or where the catalog says. Nothing, with the reason reported, where there is no castellan.
pub(crate) fn ask(
    server: &Server,
    venv: &Path,
    endpoint: Option<&str>,
    asked: &[(&Cloud, &str)],
) -> Option<Vec<String>> {
    let auth_url = server.cloud(MEMBER_CLOUD).auth_url;
    let each = |(who, key): &(&Cloud, &str)| json!([who.username, who.password, who.project_name, key]);
    let asked: Vec<Value> = asked.iter().map(each).collect();
    let arguments = serde_json::to_string(&json!([auth_url, endpoint, asked])).expect("JSON");
    let program = PROGRAM.replace("ARGUMENTS", &arguments.replace("null", "None"));
    let said = Clients::of(server, venv, MEMBER_CLOUD).python(&program);
    if let Some(why) = said.trim().strip_prefix("skip: ") {
        skips::report(&format!("no castellan: {why}"));
        return None;
    }
    Some(said.lines().map(str::to_owned).collect())
}

/// The first bytes of the content of the container in `file`, as QEMU opens it with `passphrase`.
pub(crate) fn opened(file: &Path, passphrase: &str, beside: &Path, length: usize) -> Vec<u8> {
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

/// The virtual environment with the clients, where there is QEMU too; nothing, with the reason reported, otherwise.
pub(crate) fn tools() -> Option<PathBuf> {
    if Command::new("qemu-img").arg("--version").output().is_err() {
        skips::report("qemu-img is not installed");
        return None;
    }
    clients::find_venv()
}

/// An encrypted volume of the member, and its content, which comes from an image.
pub(crate) fn sealed_volume(server: &Server) -> (String, Vec<u8>) {
    let demo = server.member();
    people::make_encrypted_type(server, "secret", "luks");
    let content: Vec<u8> = (0..300_001_u32).map(|at| (at * 7 % 251) as u8).collect();
    let image = Images::of(server, &demo).upload("raw", "bare", &content);
    let volume = demo.make_volume(json!({"size": 1, "imageRef": image, "volume_type": "secret"}));
    (volume, content)
}

#[test]
fn castellan_fetches_the_key_that_opens_a_volume() {
    let Some(venv) = tools() else { return };
    let server = Server::start();
    let demo = server.member();
    let (volume, content) = sealed_volume(&server);
    let encryption = demo.get(&format!("/volumes/{volume}/encryption"));
    assert_eq!((&encryption["provider"], &encryption["key_size"]), (&json!("luks"), &json!(256)));
    let key = encryption["encryption_key_id"].as_str().expect("a key");

    let (owner, stranger) = (server.cloud(MEMBER_CLOUD), people::newcomer(&server, STRANGER, "member"));
    let nobodys = "11111111-2222-4333-8444-555555555555";
    let Some(said) = ask(&server, &venv, None, &[(&owner, key), (&stranger, key), (&owner, nobodys)]) else {
        return;
    };
    let [passphrase, refused, missing] = &said[..] else { panic!("{said:?}") };
    assert_eq!([refused, missing], ["refused", "missing"], "it is told what it may not know");
    assert_eq!(passphrase.len(), 64);
    let file = file_of(&server.volumes_dir(), &volume);
    assert!(opened(&file, passphrase, &server.side_dir("opened"), content.len()) == content);
    assert!(!server.log().contains(passphrase), "a key is in the log");
}
