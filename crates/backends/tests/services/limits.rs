//! Keystone as the one who keeps the limits of projects.

use backends::keystone::{KeystoneLimits, SessionError};
use config::Config;
use ports::{LimitsUnknown, ProjectLimits};
use serde_json::json;

use crate::keystone::cloud;
use crate::server::{Answer, Asked, Server};

fn limits_at(url: &str, endpoint: &str) -> Result<Option<KeystoneLimits>, SessionError> {
    let text = format!(
        "[oslo_limit]\nauth_url = {url}/v3\nusername = besser\npassword = s3cr3t\nsystem_scope = all\n{endpoint}\n"
    );
    let mut config = Config::default();
    config.overlay("besser.conf", text.as_bytes()).unwrap();
    KeystoneLimits::from_section(&config.section("oslo_limit"))
}

/// A Keystone that has registered two limits, of which the project `rich` has one of its own.
fn keystone(asked: &Asked) -> Answer {
    let path = asked.path.as_str();
    let endpoint = json!({"id": "e", "service_id": "s", "region_id": "one"});
    let body = match path.split('?').next().unwrap() {
        "/v3/services" => json!({"services": [{"id": "s"}]}),
        "/v3/endpoints" => json!({"endpoints": [endpoint]}),
        "/v3/endpoints/e" => json!({"endpoint": endpoint}),
        "/v3/registered_limits" => json!({"registered_limits": [
            {"resource_name": "image_count_total", "default_limit": 10},
            {"resource_name": "image_size_total", "default_limit": -1},
        ]}),
        "/v3/limits" if path.contains("project_id=rich") => {
            json!({"limits": [{"resource_name": "image_count_total", "resource_limit": 99}]})
        }
        "/v3/limits" => json!({"limits": []}),
        _ => return (404, Vec::new(), "{}".to_owned()),
    };
    (200, Vec::new(), body.to_string())
}

fn paths(server: &Server) -> Vec<String> {
    server.asked().into_iter().map(|asked| asked.path).collect()
}

#[test]
fn a_projects_own_limit_counts_before_the_registered_one() {
    let server = cloud(3600, keystone);
    let limits = limits_at(&server.url, "endpoint_id = e").unwrap().unwrap();
    let resources = ["image_count_total", "image_size_total", "image_stage_total"];
    assert_eq!(limits.of("rich", &resources), Ok(vec![99, -1, 0]));
    assert_eq!(limits.of("poor", &resources), Ok(vec![10, -1, 0]));
    assert_eq!(server.asked()[0].body["auth"]["scope"], json!({"system": {"all": true}}));
    let registered = "/v3/registered_limits?service_id=s&region_id=one";
    let own = |project: &str| format!("/v3/limits?service_id=s&region_id=one&project_id={project}");
    let asked = ["/v3/auth/tokens", "/v3/endpoints/e", registered, &own("rich"), registered, &own("poor")];
    assert_eq!(paths(&server), asked, "the endpoint is looked for once");
}

#[test]
fn the_endpoint_is_found_by_its_service() {
    let server = cloud(3600, keystone);
    let named =
        "endpoint_service_type = image\nendpoint_service_name = my images\nendpoint_region_name = one";
    let limits = limits_at(&server.url, named).unwrap().unwrap();
    assert_eq!(limits.of("p/../q&x", &["image_count_total"]), Ok(vec![10]));
    let asked = paths(&server);
    assert_eq!(asked[1], "/v3/services?type=image&name=my%20images");
    assert_eq!(asked[2], "/v3/endpoints?service_id=s&interface=public&region_id=one");
    assert!(asked[4].ends_with("project_id=p%2F..%2Fq%26x"), "{asked:?}");
}

#[test]
fn who_does_not_tell_has_no_limits() {
    let refuses = cloud(3600, |_| (403, Vec::new(), "{}".to_owned()));
    let limits = limits_at(&refuses.url, "endpoint_id = e").unwrap().unwrap();
    let LimitsUnknown(why) = limits.of("p", &["image_count_total"]).unwrap_err();
    assert!(why.contains("\"besser\"") && why.contains("403") && why.contains("reader"), "{why}");

    let several =
        cloud(3600, |_| (200, Vec::new(), json!({"services": [{"id": "1"}, {"id": "2"}]}).to_string()));
    let limits = limits_at(&several.url, "endpoint_service_type = image").unwrap().unwrap();
    let LimitsUnknown(why) = limits.of("p", &["image_count_total"]).unwrap_err();
    assert!(why.contains("2 such"), "{why}");

    let unsaid = limits_at(&refuses.url, "").unwrap_err();
    assert!(matches!(unsaid, SessionError::NoEndpointOfLimits), "{unsaid}");
}
