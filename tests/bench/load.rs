//! Driving a server with wrk: two threads, 32 connections, the same questions in the same order every time.

use std::{fs, net::SocketAddr, path::Path, process::Command, time::Duration};

use crate::{Outcome, questions::Question};

/// In which order questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As a public's questions come: the second half as often as the first, the third a third as often (Zipf, exponent 1).
    Zipf,
    /// Each once, and from the beginning when all have been asked.
    Turns,
}

/// How hard a server is driven.
#[derive(Clone, Copy, Debug)]
pub struct Force {
    pub threads: usize,
    pub connections: usize,
}

pub const FULL: Force = Force { threads: 2, connections: 32 };

/// One client who waits for each answer: what he waits is the answer's own time, and no queue's.
pub const ALONE: Force = Force { threads: 1, connections: 1 };

/// What wrk saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub requests: f64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Each thread of wrk runs this in a Lua of its own. The order is drawn beforehand, so that asking costs the client next
/// to nothing: both share the machine.
const SCRIPT: &str = r#"
local threads = 0
function setup(thread)
   thread:set("me", threads)
   threads = threads + 1
end

function init(args)
   local questions, order, zipf, count = {}, {}, args[2] == "zipf", tonumber(args[3])
   for line in io.lines(args[1]) do
      local path, tag = line:match("^(.-)\t(.*)$")
      questions[#questions + 1] = wrk.format("GET", path, tag ~= "" and { ["If-None-Match"] = tag } or nil)
   end
   if zipf then
      local sums, sum = {}, 0
      for rank = 1, #questions do
         sum = sum + 1 / rank
         sums[rank] = sum
      end
      math.randomseed(20261123 + me)
      for turn = 1, 50000 do
         local drawn, low, high = math.random() * sum, 1, #questions
         while low < high do
            local middle = math.floor((low + high) / 2)
            if sums[middle] < drawn then low = middle + 1 else high = middle end
         end
         order[turn] = questions[low]
      end
   else
      for place = me + 1, #questions, count do order[#order + 1] = questions[place] end
   end
   local turn, turns = 0, #order
   request = function()
      turn = turn + 1
      if turn > turns then turn = 1 end
      return order[turn]
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format("SEEN %d %d %d %d %f %f\n", summary.requests, summary.duration, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
"#;

/// Where the questions stand for wrk to read.
pub fn write(folder: &Path, name: &str, questions: &[Question]) -> Outcome<std::path::PathBuf> {
    let path = folder.join(name);
    fs::write(&path, questions.iter().map(Question::line).collect::<String>())?;
    Ok(path)
}

/// Asks for so long, and fails if anything but answers came back.
pub fn drive(address: SocketAddr, questions: &Path, order: Order, force: Force, time: Duration) -> Outcome<Seen> {
    let script = questions.with_extension("lua");
    fs::write(&script, SCRIPT)?;
    let output = Command::new("wrk")
        .args(["-t", &force.threads.to_string(), "-c", &force.connections.to_string(), "-d", &format!("{}s", time.as_secs().max(1))])
        .args(["--timeout", "10s", "-s"])
        .arg(&script)
        .arg(format!("http://{address}"))
        .arg("--")
        .arg(questions)
        .args([if order == Order::Zipf { "zipf" } else { "turns" }, &force.threads.to_string()])
        .output()
        .map_err(|error| format!("wrk: {error}; install it (on Debian and Ubuntu `apt-get install wrk`)"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let seen = said.lines().find_map(|line| line.strip_prefix("SEEN ")).ok_or_else(|| format!("wrk ended without figures: {said}"))?;
    let figures: Vec<f64> = seen.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let &[requests, micros, refused, broken, p50, p99] = figures.as_slice() else { return Err(format!("wrk said {seen}").into()) };
    if refused + broken > 0.0 {
        return Err(format!("of {requests} requests {refused} were refused and {broken} broke: a measurement of that means nothing").into());
    }
    Ok(Seen { requests, per_second: requests / (micros / 1e6), p50_ms: p50 / 1e3, p99_ms: p99 / 1e3 })
}
