//! The engine as a native extension of Python, in two forms: over the same boundary as the module, so that only the host
//! differs, and by values, as such an extension is usually written.

use panproto_core::boundary::{Handle, Output, Run, Session, Status};
use panproto_core::limits::Limits;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pythonize::{Depythonizer, Pythonizer};
use std::sync::Mutex;

/// One JSON value.
const ONE: u32 = 0;
const LIFT: u32 = 1;
const GET: u32 = 2;
const PUT: u32 = 3;
const CREATE: u32 = 4;

/// What a record operation left behind: status, both outputs, number of records.
type Ran<'py> = (u32, Bound<'py, PyBytes>, Bound<'py, PyBytes>, u32);

/// A session and its buffers, as the module has them. One thread at a time; the lock says so to the compiler, and is
/// never waited for.
#[pyclass(name = "Session")]
struct Native(Mutex<State>);

struct State {
    session: Session,
    output: Output,
    text: Vec<u8>,
}

#[pymethods]
impl Native {
    #[new]
    fn new() -> Native {
        Native(Mutex::new(State {
            session: Session::new(Limits::DEFAULT),
            output: Output::default(),
            text: Vec::new(),
        }))
    }

    /// A control request: status and answer.
    fn call<'py>(&mut self, py: Python<'py>, request: &[u8]) -> PyResult<(u32, Bound<'py, PyBytes>)> {
        let State { session, output, .. } = self.state()?;
        output.clear();
        let status = py.detach(|| session.call(request, &mut output.first)) as u32;
        Ok((status, PyBytes::new(py, &output.first)))
    }

    /// A record operation over bytes. The lock of the interpreter is released while it runs.
    fn run<'py>(
        &mut self,
        py: Python<'py>,
        op: u32,
        slot: u32,
        generation: u32,
        flags: u32,
        input: &[u8],
    ) -> PyResult<Ran<'py>> {
        let State { session, output, .. } = self.state()?;
        let run = Run { op, lens: Handle { slot, generation }, flags };
        let status = py.detach(|| session.run(run, input, output)) as u32;
        Ok((status, PyBytes::new(py, &output.first), PyBytes::new(py, &output.second), output.records))
    }

    /// A value in the new shape.
    fn lift<'py>(
        &mut self,
        slot: u32,
        generation: u32,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.by_value(LIFT, Handle { slot, generation }, None, value)
    }

    /// A value in the new shape, and its complement.
    fn get<'py>(
        &mut self,
        slot: u32,
        generation: u32,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyBytes>)> {
        let view = self.by_value(GET, Handle { slot, generation }, None, value)?;
        Ok((view, PyBytes::new(value.py(), &self.state()?.output.second)))
    }

    /// A value in the old shape.
    fn put<'py>(
        &mut self,
        slot: u32,
        generation: u32,
        view: &Bound<'py, PyAny>,
        complement: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        self.by_value(PUT, Handle { slot, generation }, Some(complement), view)
    }

    /// A value in the old shape, of a view alone.
    fn create<'py>(
        &mut self,
        slot: u32,
        generation: u32,
        view: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.by_value(CREATE, Handle { slot, generation }, None, view)
    }

    /// Reads a value, member by member, to JSON text; answers with its length.
    fn read(&mut self, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        let State { text, .. } = self.state()?;
        text.clear();
        encode(value, text)?;
        Ok(text.len())
    }

    /// Makes a value, member by member, of JSON text.
    fn make<'py>(&self, py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        decode(py, text)
    }

    /// Bytes into a buffer that is kept.
    fn copy_in(&mut self, input: &[u8]) -> PyResult<()> {
        let State { text, .. } = self.state()?;
        text.clear();
        text.extend_from_slice(input);
        Ok(())
    }

    /// The first bytes of that buffer.
    fn copy_out<'py>(&mut self, py: Python<'py>, size: usize) -> PyResult<Bound<'py, PyBytes>> {
        let bytes =
            self.state()?.text.get(..size).ok_or_else(|| PyValueError::new_err("there are not so many"))?;
        Ok(PyBytes::new(py, bytes))
    }
}

impl Native {
    fn state(&mut self) -> PyResult<&mut State> {
        self.0.get_mut().map_err(|_| PyValueError::new_err("an earlier call has panicked"))
    }

    fn by_value<'py>(
        &mut self,
        op: u32,
        lens: Handle,
        complement: Option<&[u8]>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        let State { session, output, text } = self.state()?;
        text.clear();
        if let Some(complement) = complement {
            let length =
                u32::try_from(complement.len()).map_err(|error| PyValueError::new_err(error.to_string()))?;
            text.extend_from_slice(&length.to_le_bytes());
            text.extend_from_slice(complement);
        }
        encode(value, text)?;
        match py.detach(|| session.run(Run { op, lens, flags: ONE }, text, output)) {
            Status::Ok => decode(py, &output.first),
            Status::Error | Status::Need => Err(PyValueError::new_err("the engine refuses the record")),
        }
    }
}

fn encode(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    let mut writer = serde_json::Serializer::new(out);
    serde_transcode::transcode(&mut Depythonizer::from_object(value), &mut writer)
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

fn decode<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    serde_transcode::transcode(&mut reader, Pythonizer::new(py))
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

/// An exported function without arguments.
#[pyfunction]
fn abi() -> u32 {
    panproto_core::boundary::ABI
}

/// The engine.
#[pymodule]
fn panproto_bench_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Native>()?;
    module.add_function(wrap_pyfunction!(abi, module)?)
}
