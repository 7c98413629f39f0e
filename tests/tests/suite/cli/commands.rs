//! What subcommands there are, as the clients themselves say.

use std::collections::BTreeMap;

use blackbox::loaded::Loaded;

/// Of `openstack`, what belongs to volumes and images: groups of commands, and how the names of ours among them begin.
const GROUPS: &[(&str, &[&str])] = &[
    ("openstack.volume.v3", &["volume ", "consistency group ", "block storage "]),
    ("openstack.image.v2", &["image ", "cached image "]),
];

/// Every subcommand of a client, with its name in front.
pub(super) fn of(client: &str, loaded: &mut Loaded, environment: &BTreeMap<String, String>) -> Vec<String> {
    let mut say = |words: &str| {
        let arguments: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let said = loaded.run(&arguments, environment);
        assert!(said.success, "{words}: {}", said.err);
        said.out
    };
    let mut found: Vec<String> = Vec::new();
    if client == "openstack" {
        for (group, topics) in GROUPS {
            let list = say(&format!("openstack command list --group {group} -f json"));
            let groups: serde_json::Value = serde_json::from_str(&list).expect("JSON");
            let commands = groups[0]["Commands"].as_array().expect("commands").iter();
            let names = commands.map(|command| command.as_str().expect("a name").replace('_', " "));
            let ours = names.filter(|name| topics.iter().any(|topic| name.starts_with(topic)));
            found.extend(ours.map(|name| format!("openstack {name}")));
        }
    } else {
        let help = say(&format!("{client} bash-completion"));
        let is_subcommand = |word: &&str| !word.starts_with('-');
        let words = help.split_whitespace().filter(is_subcommand).chain(["bash-completion"]);
        found.extend(words.map(|word| format!("{client} {word}")));
    }
    assert!(found.len() > 50, "{client} has more than {found:?}");
    found
}

/// The subcommand that the arguments call: the longest of those that they begin with; none for one of other services.
pub(super) fn name(arguments: &[String], all: &[String]) -> Option<String> {
    let line = format!("{} ", arguments.join(" "));
    let of = all.iter().filter(|name| line.starts_with(&format!("{name} ")));
    of.max_by_key(|name| name.len()).cloned()
}
