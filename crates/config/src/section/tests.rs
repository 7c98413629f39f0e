use super::*;
use crate::config::{BACKEND_DEFAULTS, LoadError};

fn config(text: &str) -> Config {
    layered(&[text])
}

fn layered(texts: &[&str]) -> Config {
    let mut config = Config::default();
    for (number, text) in texts.iter().enumerate() {
        config.overlay(&format!("{number}.conf"), text.as_bytes()).unwrap();
    }
    config
}

fn line_of(error: &OptionError) -> Option<u32> {
    error.place.as_ref().map(|place| place.line)
}

#[test]
fn what_is_not_set_has_the_default_of_the_table() {
    let config = Config::default();
    let default = config.default_section();
    assert_eq!(default.int("quota_volumes"), Ok(10));
    assert_eq!(default.port("osapi_volume_listen_port"), Ok(8776));
    assert_eq!(default.bool("snapshot_same_host"), Ok(true));
    assert_eq!(default.float("capacity_weight_multiplier"), Ok(1.0));
    assert_eq!(default.text("volume_name_template").as_deref(), Ok("volume-%s"));
    let filters = default.list("scheduler_default_filters").unwrap();
    assert_eq!(filters, ["AvailabilityZoneFilter", "CapacityFilter", "CapabilitiesFilter"]);
    let backend = config.section("any");
    assert_eq!(backend.size("volume_dd_blocksize"), Ok(1 << 20));
    assert_eq!(backend.get("max_over_subscription_ratio"), Ok(Some(crate::Ratio::Times(20.0))));
    assert_eq!(backend.driver(), Ok(DriverName::Lvm));
    assert_eq!(backend.text("target_ip_address").as_deref(), Ok("127.0.0.1"), "from $my_ip");
}

#[test]
fn the_service_sets_defaults_that_files_override() {
    let mut config = config("[DEFAULT]\nhost = a\n[lvm]\n");
    config.set_default("DEFAULT", "host", "b");
    config.set_default("DEFAULT", "my_ip", "192.0.2.1");
    config.set_default(BACKEND_DEFAULTS, "volume_group", "vg-$host");
    assert_eq!(config.default_section().text("host").as_deref(), Ok("a"));
    let lvm = config.section("lvm");
    assert_eq!(lvm.text("target_ip_address").as_deref(), Ok("192.0.2.1"));
    assert_eq!(lvm.text("volume_group").as_deref(), Ok("vg-a"));
}

#[test]
fn a_backend_falls_back_to_backend_defaults_and_never_to_default() {
    let config = config(
        "[DEFAULT]\nvolume_group = wrong\nenabled_backends = a\n\
         [backend_defaults]\nvolume_group = shared\nvolume_clear = none\n\
         [a]\nvolume_clear = zero\n",
    );
    let backends = config.backends().unwrap();
    assert_eq!(backends[0].text("volume_group").as_deref(), Ok("shared"));
    assert_eq!(backends[0].text("volume_clear").as_deref(), Ok("zero"));
    assert!(!backends[0].sets("volume_group"));
    assert_eq!(backends[0].place_of("volume_group").unwrap().line, 5);
    assert_eq!(backends[0].place_of("lvm_type"), None);
}

#[test]
fn an_empty_number_says_nothing_and_an_empty_text_says_empty() {
    let config = config(
        "[DEFAULT]\nquota_volumes =\n\
         [backend_defaults]\nreserved_percentage = 7\nnum_shell_tries =\nvolume_group = shared\n\
         [a]\nreserved_percentage =\nvolume_group =\nimage_base_path =\n",
    );
    let a = config.section("a");
    assert_eq!(a.int("reserved_percentage"), Ok(7));
    assert_eq!(a.get::<i64>("num_shell_tries"), Ok(None), "an empty number hides the default");
    assert_eq!(a.text("volume_group").as_deref(), Ok(""));
    assert_eq!(a.nonempty("volume_group"), Ok(None));
    assert_eq!(a.nonempty("image_base_path"), Ok(None));
    let error = config.default_section().int("quota_volumes").unwrap_err();
    assert_eq!(error.to_string(), "0.conf:2: [DEFAULT] quota_volumes: the option must be set");
}

#[test]
fn the_last_line_of_the_last_file_counts() {
    let config = layered(&["[a]\nx = 1\nx = 2\n[b]\ny = 1", "[A]\nx = 3\n[a]\nx = 4\n", "[b]\n"]);
    assert_eq!(config.section("a").text("x").as_deref(), Ok("4"));
    assert_eq!(config.section("a").place_of("x").unwrap().to_string(), "1.conf:4");
    assert_eq!(config.section("b").text("y").as_deref(), Ok("1"));
    assert_eq!(config.section("B").text("y").as_deref(), Ok("1"));
    assert_eq!(config.files().collect::<Vec<_>>(), ["0.conf", "1.conf", "2.conf"]);
}

#[test]
fn only_default_in_capitals_is_default() {
    let config = config("[default]\nquota_volumes = 1\n[Default]\nquota_volumes = 2");
    assert_eq!(config.default_section().int("quota_volumes"), Ok(10));
}

#[test]
fn multi_valued_options_keep_every_line() {
    let config = layered(&[
        "[backend_defaults]\nreplication_device = backend_id:z\n[a]\nreplication_device = backend_id:x,conf:/y\n",
        "[a]\nreplication_device = backend_id:w\n",
    ]);
    let dicts = config.section("a").dicts("replication_device").unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(dicts, [vec![pair("backend_id", "x"), pair("conf", "/y")], vec![pair("backend_id", "w")]]);
    assert_eq!(config.section("b").multi("replication_device").unwrap(), ["backend_id:z"]);
    assert_eq!(config.default_section().multi("osapi_volume_extension").unwrap().len(), 1, "the default");
}

#[test]
fn old_names_count_unless_the_new_one_is_set_in_the_same_file() {
    let old_and_new = config("[a]\ntarget_helper = lioadm\niscsi_helper = tgtadm\n");
    assert_eq!(old_and_new.section("a").text("target_helper").as_deref(), Ok("lioadm"));
    let old_over_new = layered(&["[a]\ntarget_helper = lioadm", "[a]\niscsi_helper = tgtadm"]);
    assert_eq!(old_over_new.section("a").text("target_helper").as_deref(), Ok("tgtadm"));
    assert_eq!(
        old_over_new.section("a").text("iscsi_helper").as_deref(),
        Ok("tgtadm"),
        "asked by the old name"
    );
    assert!(old_over_new.section("a").sets("target_helper"));
    let moved = config("[DEFAULT]\nsql_connection = sqlite:///x\nos_region_name = R\n");
    assert_eq!(moved.section("database").text("connection").as_deref(), Ok("sqlite:///x"));
    assert_eq!(moved.default_section().text("os_region_name").as_deref(), Ok("R"));
}

#[test]
fn errors_say_where_and_why() {
    let config = config(
        "[DEFAULT]\nenabled_backends = a\n[a]\niscsi_port = high\n[backend_defaults]\nuse_chap_auth = maybe",
    );
    let a = config.section("a");
    let port = a.port("target_port").unwrap_err();
    assert_eq!(port.to_string(), "0.conf:4: [a] iscsi_port: 'high' is not a whole number");
    let chap = a.bool("use_chap_auth").unwrap_err();
    assert_eq!((&*chap.section, line_of(&chap)), (BACKEND_DEFAULTS, Some(6)));
    let unset = a.text("mount_point").unwrap_err();
    assert_eq!(unset.to_string(), "[a] mount_point: the option must be set");
    let bounds = a.int_in("num_shell_tries", 5..=9).unwrap_err();
    assert_eq!(bounds.to_string(), "[a] num_shell_tries: '3' is out of range (5 to 9)");
}

#[test]
fn an_enabled_backend_must_have_a_section() {
    let config = config("[DEFAULT]\nenabled_backends = a,,b\n[a]\n");
    let error = config.backends().unwrap_err();
    assert_eq!(
        error.to_string(),
        "0.conf:2: [DEFAULT] enabled_backends: the option names the backend 'b', but there is no such section"
    );
    assert_eq!(config.enabled_backends().unwrap(), ["a", "b"]);
    assert!(Config::default().backends().unwrap().is_empty());
}

#[test]
fn secrets_are_not_shown() {
    let config = config(
        "[a]\nchap_password = $hunter2\nvolume_clear = $chap_username\nchap_username = ${b.san_password}\n\
         my_token = hunter2\nchap_password_len = $my_token\n[b]\nsan_password = hunter2\n",
    );
    let a = config.section("a");
    for error in [
        a.text("chap_password").unwrap_err(),
        a.text("volume_clear").unwrap_err(),
        a.int("chap_password_len").unwrap_err(),
    ] {
        assert_eq!(error.value, Shown::Secret);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert!(error.place.is_some());
    }
    assert!(!format!("{config:?} {a:?}").contains("hunter2"));
    let advice = a.text("chap_password").unwrap_err().why.to_string();
    assert_eq!(advice, "refers to $…, which is no option (write $$ for a dollar sign)");
}

#[test]
fn files_are_read_and_faults_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cinder.conf");
    std::fs::write(&path, "[a]\nx = 1\n").unwrap();
    assert_eq!(Config::load(&[&path]).unwrap().section("a").int("x"), Ok(1));

    std::fs::write(&path, "[a]\nx\n").unwrap();
    let error = Config::load(&[&path]).unwrap_err();
    assert!(error.to_string().ends_with(
        "cinder.conf:2: neither `key = value` nor `[section]`: there is no '=' or ':' in the line"
    ));

    std::fs::write(&path, vec![b'\n'; crate::syntax::MAX_FILE_BYTES + 1]).unwrap();
    assert!(matches!(Config::load(&[&path]), Err(LoadError::Syntax { .. })));
    let missing = directory.path().join("missing.conf");
    assert!(matches!(Config::load(&[&missing]), Err(LoadError::Unreadable { .. })));
    assert!(matches!(Config::load(&[directory.path()]), Err(LoadError::Unreadable { .. })));
}
