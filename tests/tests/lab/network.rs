//! A network of two: the storage node in a namespace of its own, and the host.

use std::process::Command;

use crate::run;

/// The storage node's namespace.
const NAMESPACE: &str = "storage";
/// Its address.
pub(crate) const ADDRESS: &str = "10.99.0.2";
/// The host's end of the wire, and its address.
const HOST_END: (&str, &str) = ("host0", "10.99.0.1/24");
/// The other end.
const STORAGE_END: &str = "storage0";

/// The wire between them. It goes with this value.
pub(crate) struct Network(());

impl Network {
    /// Lays it.
    pub(crate) fn lay() -> Self {
        run("modprobe", &["veth"]);
        remove();
        let (end, address) = HOST_END;
        ip(&["netns", "add", NAMESPACE]);
        ip(&["link", "add", "name", end, "type", "veth", "peer", "name", STORAGE_END, "netns", NAMESPACE]);
        ip(&["address", "add", address, "dev", end]);
        ip(&["-netns", NAMESPACE, "address", "add", &format!("{ADDRESS}/24"), "dev", STORAGE_END]);
        ip(&["-netns", NAMESPACE, "link", "set", STORAGE_END, "up"]);
        let network = Self(());
        network.mend();
        network
    }

    /// A program of the storage node.
    pub(crate) fn on_storage(program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", NAMESPACE, program]);
        command
    }

    /// Nothing goes through any more, and nobody is told.
    pub(crate) fn cut(&self) {
        ip(&["link", "set", HOST_END.0, "down"]);
    }

    /// Everything goes through.
    pub(crate) fn mend(&self) {
        ip(&["link", "set", HOST_END.0, "up"]);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        remove();
    }
}

/// The wire ends with the namespace that has its other end.
fn remove() {
    for words in [["link", "delete", HOST_END.0], ["netns", "delete", NAMESPACE]] {
        let _ = Command::new("ip").args(words).output();
    }
}

fn ip(words: &[&str]) {
    run("ip", words);
}
