use model::Timestamp;
use serde_json::Value;

use super::*;

#[test]
fn the_state_of_the_backend_came_with_3_49() {
    let service = |binary| Service {
        binary,
        host: "h".to_owned(),
        uuid: String::new(),
        availability_zone: "z".to_owned(),
        disabled: false,
        disabled_reason: None,
        frozen: true,
        heartbeat_at: Timestamp(0),
        backend_up: false,
        number: 1,
        cluster_name: None,
        replication_status: None,
        active_backend_id: None,
        started_at: None,
        clock_ahead_ms: 0,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    let shown = |binary, minor| {
        let service = service(binary);
        let view = ServiceView { service: &service, is_up: true, replication_status: "not-capable" };
        let reply: Value = serde_json::from_slice(&list([view], Microversion::v3(minor))).unwrap();
        reply["services"][0].clone()
    };
    assert_eq!(shown(Binary::Volume, 48).get("backend_state"), None);
    let volume = shown(Binary::Volume, 49);
    assert_eq!(
        (&volume["backend_state"], &volume["state"], &volume["frozen"]),
        (&"down".into(), &"up".into(), &true.into())
    );
    assert_eq!(shown(Binary::Scheduler, 49).get("backend_state"), None);
}
