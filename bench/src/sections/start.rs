//! From the start of the program to its first healthy answer.

use crate::arguments::Arguments;
use crate::report::Figure;
use crate::stats::Samples;
use crate::subject::serve;

/// Starts of each kind.
const STARTS: usize = 5;

/// First starts, which make everything, and later ones, which find it.
pub(crate) fn run(arguments: &Arguments) -> Vec<Figure> {
    let (mut first, mut later) = (Samples::default(), Samples::default());
    for _ in 0..STARTS {
        // Never in the directory of the server that is being measured.
        let mut server = serve(&arguments.without_home()).start();
        first.add(server.ready_after());
        server.terminate();
        server.start_again();
        later.add(server.ready_after());
    }
    vec![Figure::latency("first start to ready", first), Figure::latency("later start to ready", later)]
}
