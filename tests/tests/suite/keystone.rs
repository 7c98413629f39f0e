//! Keystone beside the service: its tokens, its catalog, its absence.

use std::thread::sleep;
use std::time::Duration;

use blackbox::http::Request;
use blackbox::{Clients, Keystone, Serve, Server, clients};
use serde_json::Value;

/// `token_cache_time` of these tests, in seconds.
const CACHE_S: u64 = 2;

/// What it says for limits that Keystone keeps; here one image for each project.
const LIMITS: &str = "role add --system all --user besser reader\n\
    registered limit create --service image --region RegionOne --default-limit 1 image_count_total\n\
    registered limit create --service image --region RegionOne --default-limit 10 image_size_total\n\
    registered limit create --service image --region RegionOne --default-limit 10 image_stage_total\n\
    registered limit create --service image --region RegionOne --default-limit 2 image_count_uploading\n";

/// What docs/operations.md says an operator types.
fn commands(server: &Server) -> String {
    let ([_, volume, image], host) = (server.ports(), "http://127.0.0.1");
    format!(
        "project create service\nuser create --project service --password besser besser\n\
         role add --project service --user besser service\n\
         service create --name besser block-storage\n\
         endpoint create --region RegionOne block-storage public {host}:{volume}/v3\n\
         service create --name besser-images image\n\
         endpoint create --region RegionOne image public {host}:{image}\n\
         project create demo\nuser create --project demo --password demo demo\n\
         role add --project demo --user demo member\n"
    )
}

fn serve(keystone: &Keystone) -> Server {
    let config = format!(
        "[keystone_authtoken]\nauth_url = {url}\nwww_authenticate_uri = {url}\nauth_type = password\nusername = besser\n\
         password = besser\nproject_name = service\nuser_domain_name = Default\nproject_domain_name = Default\n\
         cafile = {cafile}\ntoken_cache_time = {CACHE_S}\nhttp_request_max_retries = 1\nmemcached_servers = h:11211\n\
         [DEFAULT]\nuse_keystone_limits = true\n[oslo_limit]\nauth_url = {url}\nusername = besser\npassword = besser\n\
         user_domain_name = Default\nsystem_scope = all\nendpoint_service_type = image\n\
         endpoint_region_name = RegionOne\ncafile = {cafile}\n",
        url = keystone.url(),
        cafile = keystone.cafile().display(),
    );
    Serve::new().config(&config).start()
}

fn token(clients: &Clients) -> (String, String) {
    let issued = clients.openstack(&["token", "issue"]);
    let text = |key: &str| issued[key].as_str().unwrap().to_owned();
    (text("id"), text("project_id"))
}

/// What the volume service answers to a list with these tokens.
fn list(server: &Server, token: &(String, String), service_token: Option<&str>) -> (u16, String) {
    let url = format!("{}/v3/{}/volumes", server.volume_root(), token.1);
    let mut request = Request::new("GET", &url).header("X-Auth-Token", &token.0);
    if let Some(service_token) = service_token {
        request = request.header("X-Service-Token", service_token);
    }
    let reply = request.send().unwrap();
    (reply.status, String::from_utf8_lossy(&reply.body).into_owned())
}

#[test]
fn a_real_keystone_vouches_for_tokens() {
    let Some(venv) = clients::find_venv() else { return };
    let Some(mut keystone) = Keystone::start() else { return };
    let server = serve(&keystone);
    let people = [("admin", "secret", "admin"), ("demo", "demo", "demo"), ("besser", "besser", "service")];
    let clouds = keystone.clouds_yaml(&people);
    let [admin, demo, besser] = people.map(|(name, ..)| Clients::of_clouds(&venv, &clouds, name));
    admin.openstack_reads(&format!("{}{LIMITS}", commands(&server)));

    let made = demo.openstack(&["volume", "create", "--size", "1", "disk1"]);
    assert_eq!(demo.openstack(&["volume", "list"])[0]["ID"], made["id"]);
    assert_eq!(demo.openstack(&["image", "list"]), Value::Array(Vec::new()));
    assert_eq!(admin.openstack(&["volume", "list", "--all-projects"])[0]["ID"], made["id"]);
    let refused = demo.openstack_fails(&["volume", "service", "list"]);
    assert!(refused.contains("403"), "{refused}");
    assert!(server.log().contains("memcached_servers: has no effect"), "{}", server.log());

    // How many images there may be is what Keystone says, and what it says of a project counts before that.
    let create = ["image", "create", "--disk-format", "raw", "--container-format", "bare"];
    demo.openstack(&[&create[..], &["one"]].concat());
    let refused = demo.openstack_fails(&[&create[..], &["two"]].concat());
    assert!(refused.contains("image_count_total is over limit of 1"), "{refused}");
    let own = ["limit", "create", "--project", "demo", "--service", "image", "--region", "RegionOne"];
    admin.openstack(&[&own[..], &["--resource-limit", "2", "image_count_total"]].concat());
    demo.openstack(&[&create[..], &["two"]].concat());

    // Known, and then no longer: a revocation is seen when what is remembered of the token is forgotten.
    let revoked = token(&demo);
    assert_eq!(list(&server, &revoked, None).0, 200);
    admin.openstack_does(&["token", "revoke", &revoked.0]);
    sleep(Duration::from_secs(CACHE_S));
    assert_eq!(list(&server, &revoked, None).0, 401);
    assert_eq!(list(&server, &("nonsense".to_owned(), revoked.1.clone()), None).0, 401);

    // Away: what is not known is answered by 503, and by nothing else.
    let good = token(&demo);
    keystone.stop();
    let (status, body) = list(&server, &good, None);
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("identity service"), "{body}");

    // Back, with tokens that end soon: a service may go on with one that has ended.
    keystone.serve(5);
    let short = token(&demo);
    assert_eq!(list(&server, &good, None).0, 200);
    sleep(Duration::from_secs(6));
    assert_eq!(list(&server, &short, None).0, 401);
    assert_eq!(list(&server, &short, Some(&token(&besser).0)).0, 200);
    assert_eq!(list(&server, &short, Some(&token(&demo).0)).0, 401);
}
