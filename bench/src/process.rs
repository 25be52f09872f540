//! Processes under measurement: started on the first CPU, ended when they are dropped, and read
//! from `/proc`.

use std::ffi::OsString;
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// Longest start that is waited for; Node.js takes a tenth of this.
const START_MAX: Duration = Duration::from_secs(10);
/// How often a starting server is tried: short against what is measured, long against a try.
const TRY_EVERY: Duration = Duration::from_micros(200);

/// Where a process runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cpu {
    /// The first CPU, which belongs to the server under measurement alone.
    Server,
    /// The second, which belongs to whatever drives it: the load and the facilitator.
    Load,
}

/// How to start a process.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) cpu: Cpu,
    pub(crate) command: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) address: SocketAddr,
}

/// A running process.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Start {
    /// Starts it, with its output in a file.
    pub(crate) fn spawn(&self, output: &Path) -> Result<Process, Failure> {
        let cpu = match self.cpu {
            Cpu::Server => "0",
            Cpu::Load => "1",
        };
        let log = File::options().create(true).append(true).open(output)?;
        let errors = log.try_clone()?;
        let child = Command::new("taskset")
            .args(["-c", cpu])
            .args(&self.command)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors))
            .spawn()
            .map_err(|error| Failure(format!("cannot run taskset: {error}")))?;
        Ok(Process(child))
    }

    /// Starts it and waits until it accepts connections.
    pub(crate) fn up(&self, output: &Path) -> Result<Process, Failure> {
        let mut process = self.spawn(output)?;
        process.accepts(self.address).map_err(|Failure(why)| {
            Failure(format!("{why}; its output is in {}", output.display()))
        })?;
        Ok(process)
    }
}

impl Process {
    /// A process that was started otherwise.
    pub(crate) fn of(child: Child) -> Self {
        Self(child)
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(&mut self) -> Result<ExitStatus, Failure> {
        Ok(self.0.wait()?)
    }

    /// Waits until it accepts connections.
    pub(crate) fn accepts(&mut self, address: SocketAddr) -> Result<TcpStream, Failure> {
        let begin = Instant::now();
        loop {
            if let Ok(stream) = TcpStream::connect(address) {
                return Ok(stream);
            }
            if let Some(status) = self.0.try_wait()? {
                return Err(Failure(format!("a server ended early ({status})")));
            }
            if begin.elapsed() > START_MAX {
                return Err(Failure(format!("nothing listens on {address}")));
            }
            std::thread::sleep(TRY_EVERY);
        }
    }

    /// Resident memory in MB (2^20 bytes).
    pub(crate) fn resident(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|it| it.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        number.map(|it| it / 1024.0).ok_or_else(|| Failure("no VmRSS".into()))
    }

    /// Time on the CPU so far, in the kernel and out of it, all threads together. In nanoseconds
    /// by the scheduler's count, where the ticks of `stat` are too coarse.
    pub(crate) fn on_cpu(&self) -> Result<Duration, Failure> {
        let mut total = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            // A thread may have ended since it was listed.
            let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            total += text.split(' ').next().and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(total))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An address on loopback that nobody listens on.
pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
