use super::*;

fn config(texts: &[&str]) -> Config {
    let mut config = Config::default();
    for (number, text) in texts.iter().enumerate() {
        config.overlay(&format!("{number}.conf"), text.as_bytes()).unwrap();
    }
    config
}

/// `severity place: [section] key: message` of every finding.
fn findings(text: &str) -> Vec<String> {
    check(&config(&[text])).into_iter().map(|finding| format!("{} {finding}", finding.severity)).collect()
}

/// The findings of an enabled backend named `a`, less what is always there.
fn of_backend(options: &str) -> Vec<String> {
    let findings = findings(&format!("[DEFAULT]\nenabled_backends = a\n[a]\n{options}"));
    findings.into_iter().map(|finding| finding.replace("0.conf:", "")).collect()
}

#[test]
fn there_is_nothing_to_say_about_nothing() {
    assert_eq!(findings(""), [] as [&str; 0]);
    assert_eq!(of_backend("volume_driver = local\nmount_point = /v"), [] as [&str; 0]);
}

#[test]
fn unknown_options_are_named_with_what_was_meant() {
    let text = "[DEFAULT]\nenable_backends = a\nchunk_ip = 1\nQuota_Volumes = 1\n[databse]\nconnection = x\n[default]\ndebug = true";
    assert_eq!(
        findings(text),
        [
            "warning 0.conf:2: [DEFAULT] enable_backends: unknown option; did you mean enabled_backends?",
            "warning 0.conf:3: [DEFAULT] chunk_ip: unknown option",
            "warning 0.conf:4: [DEFAULT] Quota_Volumes: unknown option; did you mean quota_volumes?",
            "warning 0.conf:6: [databse] connection: unknown option; no service and no enabled backend has this section",
            "warning 0.conf:8: [default] debug: unknown option; only [DEFAULT], in capitals, is read",
        ]
    );
    assert_eq!(
        of_backend("volume_driver = lvm\nmount-point = /v")[0],
        "warning 5: [a] mount-point: unknown option; did you mean mount_point?"
    );
}

#[test]
fn options_in_the_wrong_section_are_sent_to_the_right_one() {
    let text = "[DEFAULT]\nvolume_driver = lvm\niscsi_helper = lioadm\nconnection = x\n[backend_defaults]\nquota_volumes = 1";
    assert_eq!(
        findings(text),
        [
            "warning 0.conf:2: [DEFAULT] volume_driver: has no effect here; it belongs in a backend's section or [backend_defaults]",
            "warning 0.conf:3: [DEFAULT] iscsi_helper: has no effect here; it belongs in a backend's section or [backend_defaults]",
            "warning 0.conf:4: [DEFAULT] connection: has no effect here; it belongs in [database]",
            "warning 0.conf:6: [backend_defaults] quota_volumes: has no effect here; it belongs in [DEFAULT]",
        ]
    );
}

#[test]
fn old_names_are_accepted_moved_replaced_or_gone() {
    let text = "[DEFAULT]\nsql_connection = mysql://h/d\nvolume_tmp_dir = /t\nrabbit_password = s\nverbose = maybe\nbackup_service = x";
    assert_eq!(
        findings(text),
        [
            "warning 0.conf:2: [DEFAULT] sql_connection: old name of [database] connection; accepted",
            "warning 0.conf:3: [DEFAULT] volume_tmp_dir: old name of image_conversion_dir; accepted",
            "warning 0.conf:4: [DEFAULT] rabbit_password: has no effect any more; use transport_url",
            "warning 0.conf:5: [DEFAULT] verbose: has no effect any more",
            "warning 0.conf:6: [DEFAULT] backup_service: old name of backup_driver; accepted",
        ]
    );
    assert_eq!(
        of_backend("volume_driver = lvm\niscsi_port = 1\ntarget_port = 2"),
        ["warning 5: [a] iscsi_port: old name of target_port; has no effect, as 6 sets that option"]
    );
    assert_eq!(
        of_backend("volume_driver = cinder.volume.drivers.lvm.LVMISERDriver"),
        [
            "warning 4: [a] volume_driver: old class of cinder.volume.drivers.lvm.LVMVolumeDriver with target_protocol = iser; accepted"
        ]
    );
}

#[test]
fn impossible_values_are_named_with_their_line() {
    let text = "[DEFAULT]\nosapi_volume_listen_port = 99999\ndebug = maybe\nhost = $nobody\nquota_volumes = ten\n\
        my_ip = 1.2.3\nscheduler_driver_init_wait_time = 0\nbackup_swift_url = swift\nauth_strategy = none\n\
        volume_transfer_key_length = 0\nvolume_transfer_salt_length = 256";
    assert_eq!(
        findings(text),
        [
            "error 0.conf:2: [DEFAULT] osapi_volume_listen_port: '99999' is out of range (0 to 65535)",
            "error 0.conf:3: [DEFAULT] debug: 'maybe' is not a boolean (true, yes, on, 1, false, no, off, 0)",
            "error 0.conf:4: [DEFAULT] host: '$nobody' refers to $nobody, which is no option (write $$ for a dollar sign)",
            "error 0.conf:5: [DEFAULT] quota_volumes: 'ten' is not a whole number",
            "error 0.conf:6: [DEFAULT] my_ip: '1.2.3' is neither an IP address nor a host name",
            "error 0.conf:7: [DEFAULT] scheduler_driver_init_wait_time: '0' is out of range (at least 1)",
            "error 0.conf:8: [DEFAULT] backup_swift_url: 'swift' is not a URL with a scheme and a host",
            "error 0.conf:9: [DEFAULT] auth_strategy: 'none' is not one of: noauth, noauth_include_project_id, keystone",
            "error 0.conf:10: [DEFAULT] volume_transfer_key_length: '0' is out of range (1 to 255)",
            "error 0.conf:11: [DEFAULT] volume_transfer_salt_length: '256' is out of range (1 to 255)",
        ]
    );
    let backend = of_backend(
        "volume_driver = sim\niscsi_helper = ietadm\nmax_over_subscription_ratio = 0.5\nreplication_device = x",
    );
    assert!(
        backend.contains(
            &"error 6: [a] max_over_subscription_ratio: '0.5' is neither `auto` nor a ratio of at least 1"
                .to_owned()
        )
    );
    assert!(
        backend.contains(
            &"error 7: [a] replication_device: the secret value is not a list such as name:value,name:value"
                .to_owned()
        )
    );
    assert!(backend.iter().any(|finding| {
        finding.starts_with("error 5: [a] iscsi_helper: 'ietadm' is not one of: tgtadm, lioadm")
    }));
}

#[test]
fn what_nothing_here_reads_is_said() {
    let text = "[DEFAULT]\nosapi_volume_workers = 4\nquota_volumes = 5\n[oslo_concurrency]\nlock_path = /l\n\
        [keystone_authtoken]\nauth_url = http://k\nmemcached_servers = h:1";
    assert_eq!(
        findings(text),
        [
            "no effect 0.conf:2: [DEFAULT] osapi_volume_workers: known, has no effect here",
            "no effect 0.conf:5: [oslo_concurrency] lock_path: known, has no effect here",
            "warning 0.conf:8: [keystone_authtoken] memcached_servers: has no effect: each process remembers tokens by \
             itself, for token_cache_time",
        ]
    );
    assert_eq!(
        findings("[DEFAULT]\nosapi_volume_workers = many"),
        ["error 0.conf:2: [DEFAULT] osapi_volume_workers: 'many' is not a whole number"]
    );
}

#[test]
fn only_the_value_that_counts_must_be_possible() {
    assert_eq!(
        findings("[DEFAULT]\ncloned_volume_same_az = maybe\ncloned_volume_same_az = true"),
        ["warning 0.conf:2: [DEFAULT] cloned_volume_same_az: has no effect, as line 3 sets it again"]
    );
    assert!(
        check(&config(&[
            "[DEFAULT]\ncloned_volume_same_az = maybe",
            "[DEFAULT]\ncloned_volume_same_az = true"
        ]))
        .is_empty(),
        "a later file is meant to override"
    );
    assert_eq!(findings("[oslo_messaging_notifications]\ndriver = noop\ndriver = test"), [] as [&str; 0]);
}

#[test]
fn comments_behind_values_are_pointed_at() {
    let findings = of_backend("volume_driver = local\t\t# the driver\nmount_point = /v");
    assert_eq!(findings.len(), 2);
    assert!(
        findings.iter().any(|finding| finding.starts_with("error 4: [a] volume_driver: 'local\\u{9}")),
        "{findings:?}"
    );
    assert!(findings.iter().any(|finding| {
        finding.starts_with("warning 4: [a] volume_driver: a comment must have a line of its own")
    }));
    assert_eq!(of_backend("volume_driver = local\nmount_point = /v#1"), [] as [&str; 0]);
}

#[test]
fn unknown_drivers_are_errors_that_list_the_known_ones() {
    let findings = of_backend("volume_driver = cinder.volume.drivers.zbsiscsi.zbsiscsi.ZBSISCSIDriver");
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0]
            .contains("is not a known driver; known are: cinder.volume.drivers.local.LocalFileDriver, ")
    );
    assert_eq!(
        of_backend("")[0],
        "warning 3: [a] volume_driver: is not set; cinder.volume.drivers.lvm.LVMVolumeDriver is assumed"
    );
}

#[test]
fn each_driver_has_what_it_needs() {
    let local = "must be set for cinder.volume.drivers.local.LocalFileDriver";
    assert_eq!(of_backend("volume_driver = local"), [format!("error 3: [a] mount_point: {local}")]);
    assert_eq!(
        of_backend("volume_driver = local\nmount_point ="),
        [format!("error 5: [a] mount_point: {local}")]
    );
    assert!(
        of_backend("volume_driver = local\nmount_point = v")[0]
            .starts_with("warning 5: [a] mount_point: is a relative path")
    );
    assert!(
        of_backend("volume_driver = lvm\nvolume_group =")[0]
            .starts_with("error 5: [a] volume_group: must be set")
    );
    assert!(
        of_backend("volume_driver = rbd\nrbd_pool =")[0].starts_with("error 5: [a] rbd_pool: must be set")
    );
    assert!(of_backend("volume_driver = glusterfs\nglusterfs_shares_config =")[0].starts_with("error 5:"));
    assert_eq!(
        of_backend("volume_driver = nfs\nnas_host = h"),
        ["error 5: [a] nas_host: needs nas_share_path beside it"]
    );
    assert_eq!(
        of_backend("volume_driver = nfs\nnas_share_path = /s"),
        ["error 5: [a] nas_share_path: needs nas_host beside it"]
    );
    assert_eq!(
        of_backend("volume_driver = nfs\nnas_ip = h\nnas_share_path = /s"),
        [
            "warning 5: [a] nas_ip: old name of nas_host; known, has no effect here",
            "no effect 6: [a] nas_share_path: known, has no effect here",
        ],
        "the old name is enough"
    );
    assert_eq!(of_backend("volume_driver = sim"), ["error 3: [a] mount_point: must be set for besser.sim"]);
    for driver in ["lvm", "nfs", "glusterfs", "rbd", "lvmsan\ntarget_helper = fcsan"] {
        assert_eq!(of_backend(&format!("volume_driver = {driver}")), [] as [&str; 0], "{driver}");
    }
}

#[test]
fn san_helpers_and_the_san_driver_go_together() {
    assert_eq!(
        of_backend("volume_driver = lvmsan\ntarget_helper = lioadm"),
        ["warning 5: [a] target_helper: cinder.volume.drivers.lvm.LVMSANDriver works with iscsisan or fcsan"]
    );
    assert_eq!(
        of_backend("volume_driver = lvm\ntarget_helper = iscsisan"),
        ["warning 5: [a] target_helper: works with cinder.volume.drivers.lvm.LVMSANDriver only"]
    );
}

#[test]
fn enabled_backends_must_name_sections_once() {
    let text =
        "[DEFAULT]\nenabled_backends = lvm1,LVM-1,lvm-1,a b,a@b,nova,nowhere\n[lvm-1]\nvolume_driver = lvm";
    let list = "error 0.conf:2: [DEFAULT] enabled_backends:";
    assert_eq!(
        findings(text),
        [
            format!(
                "{list} the list names the backend 'lvm1', but there is no such section; did you mean [lvm-1]?"
            ),
            format!("{list} names the backend 'lvm-1' twice"),
            format!("{list} 'a b' is no name of a backend; names are separated by commas"),
            format!("{list} 'a@b' is no name of a backend; it must not contain '@', '#' or '/'"),
            format!("{list} 'nova' is no name of a backend; the service has a section of that name"),
            format!("{list} the list names the backend 'nowhere', but there is no such section"),
        ]
    );
}

#[test]
fn backends_do_not_share_storage() {
    let two = |first: &str, second: &str| {
        let text = format!("[DEFAULT]\nenabled_backends = a,b\n[a]\n{first}\n[b]\n{second}\n");
        findings(&text)
    };
    assert_eq!(
        two("volume_driver = local\nmount_point = /v", "volume_driver = local\nmount_point = //v/./"),
        ["error 0.conf:8: [b] mount_point: is also that of the backend 'a'"]
    );
    assert_eq!(
        two("volume_driver = local\nmount_point = /v", "volume_driver = local\nmount_point = /w"),
        [] as [&str; 0]
    );
    assert_eq!(
        two("volume_driver = lvm", "volume_driver = lvm"),
        ["warning 0.conf:5: [b] volume_group: is also that of the backend 'a'"]
    );
}

#[test]
fn a_backend_that_does_not_run_cannot_be_an_error() {
    assert_eq!(
        findings("[idle]\nvolume_driver = nonsense.Driver\nreserved_percentage = 200"),
        [
            "note 0.conf:1: [idle]: a backend that is not in enabled_backends",
            "warning 0.conf:2: [idle] volume_driver: 'nonsense.Driver' is not a known driver; known are: \
         cinder.volume.drivers.local.LocalFileDriver, cinder.volume.drivers.lvm.LVMVolumeDriver, \
         cinder.volume.drivers.lvm.LVMSANDriver, cinder.volume.drivers.nfs.NfsDriver, \
         cinder.volume.drivers.glusterfs.GlusterfsDriver, cinder.volume.drivers.rbd.RBDDriver, besser.sim",
            "warning 0.conf:3: [idle] reserved_percentage: '200' is out of range (0 to 100)",
        ]
    );
}

#[test]
fn the_sections_of_image_stores_are_read() {
    let text = "[glance_store]\nenabled_backends = fast:rbd, web:http\n[fast]\nrbd_store_pool = p\nrbd_store_pol = p";
    let meant = "warning 0.conf:5: [fast] rbd_store_pol: unknown option; did you mean rbd_store_pool?";
    assert_eq!(findings(text), [meant]);
}

#[test]
fn a_file_that_is_none_is_one_finding() {
    let error = Config::default().overlay("x.conf", b"[a]\nb").unwrap_err();
    assert!(Finding::from(&error).to_string().starts_with("x.conf:2: neither `key = value`"));
    let error = Config::load(&["/no such\nfile"]).unwrap_err();
    assert!(Finding::from(&error).to_string().starts_with("cannot read /no such\\u{a}file: "));
}

#[test]
fn what_the_identity_does_not_do_is_said() {
    let text = "[DEFAULT]\nauth_strategy = noauth\n[keystone_authtoken]\nwww_authenticate_uri = http://k\n\
                memcached_servers = h:1\ndelay_auth_decision = yes\nkeyfile = k";
    let said = findings(text);
    assert_eq!(said.len(), 5, "{said:#?}");
    assert!(
        said[0].starts_with("error 0.conf:2: [DEFAULT] auth_strategy: everybody would be let in"),
        "{said:#?}"
    );
    let keys = ["www_authenticate_uri", "memcached_servers", "delay_auth_decision", "keyfile"];
    for (line, (finding, key)) in (4..).zip(said[1..].iter().zip(keys)) {
        assert!(
            finding.starts_with(&format!("warning 0.conf:{line}: [keystone_authtoken] {key}: ")),
            "{finding}"
        );
    }
    let fine = "[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\nauth_url = http://k\ndelay_auth_decision = no";
    assert_eq!(
        findings(fine),
        [
            "no effect 0.conf:2: [DEFAULT] auth_strategy: known, has no effect here",
            "no effect 0.conf:5: [keystone_authtoken] delay_auth_decision: known, has no effect here",
        ]
    );
}
