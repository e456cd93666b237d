//! The server as JavaScript sees it: listen, close, stats, and the lane of its isolate.
//!
//! Control plane only; nothing here runs per request. Errors carry the core's codes.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use lanner_core::histogram::Distribution;
use lanner_core::metrics::IsolateStats;
use lanner_core::transport::endpoint::Endpoint;
use lanner_core::transport::listen::Address;
use lanner_core::watch::vitals::Vitals;
use lanner_core::{Config, Error, Server};
use lanner_proto::RouteSpec;
use napi::bindgen_prelude::{JsObjectValue, JsValue, Object, Unknown};
use napi::{Env, Result};
use napi_derive::napi;

use crate::callbacks;
use crate::config::{NativeConfig, RouteOptions};
use crate::inject::Injector;
use crate::lane::Lane;
use crate::raw;
use crate::sightings::SightingInfo;

/// Address of a listener.
#[napi(object)]
pub struct AddressInfo {
    /// `tcp4`, `tcp6` or `unix`.
    pub family: String,
    /// Address or path.
    pub address: String,
    /// Port; 0 for a Unix socket.
    pub port: u16,
}

/// A server.
#[napi(js_name = "Server")]
pub struct NativeServer {
    config: Config,
    routes: Vec<RouteOptions>,
    /// Taken by `listen`: an inherited socket is held by its listener alone.
    endpoints: Cell<Vec<Endpoint>>,
    pub(crate) injector: Injector,
    /// Started by the first lane, so that requests without a socket cost no thread.
    server: OnceLock<Arc<Server>>,
    callbacks: callbacks::Shared,
}

#[napi]
impl NativeServer {
    /// Checks and compiles the routes; threads start with the first lane.
    #[napi(constructor)]
    pub fn new(env: Env, config: NativeConfig) -> Result<Self> {
        // Threads outlive single environments; the image must not be unloaded under them.
        napi::bindgen_prelude::retain_current_module_for_unload_safety();
        let mut core = config.to_core();
        let covered = config.covered();
        core.covered = covered.map_err(|error| to_js(env, &error))?;
        let injector = Injector::new(&core, &specs(&config.routes));
        let injector = injector.map_err(|error| to_js(env, &error))?;
        let endpoints = config
            .endpoints
            .iter()
            .map(|endpoint| endpoint.to_core())
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| to_js(env, &error))?;
        let endpoints = Cell::new(endpoints);
        let (server, callbacks) = (OnceLock::new(), callbacks::Shared::default());
        Ok(Self {
            config: core,
            routes: config.routes,
            endpoints,
            injector,
            server,
            callbacks,
        })
    }

    /// Opens this isolate's lane. `memory` has the inbox, the outbox and the mark: an ArrayBuffer
    /// of one word that says where in the inbox the request is whose handler runs, or -1.
    #[napi]
    pub fn open_lane<'env>(
        &self,
        env: &'env Env,
        memory: Object<'_>,
        dispatch: Unknown<'_>,
        on_stall: Unknown<'_>,
    ) -> Result<Object<'env>> {
        let server = self.started(*env)?;
        let part = |name| memory.get_named_property::<Unknown<'_>>(name);
        let (inbox, outbox, mark) = (part("inbox")?, part("outbox")?, part("mark")?);
        let values = [inbox, outbox, dispatch, mark, on_stall].map(|value| value.raw());
        let callbacks = Rc::clone(&self.callbacks);
        match Lane::open(env.raw(), server, callbacks, values) {
            Ok(object) => Ok(Object::from_raw(env.raw(), object)),
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// The values of `Allow` in the order of the numbers by which entries name them.
    #[napi]
    pub fn allow_values(&self) -> Vec<String> {
        self.injector.allow_values()
    }

    /// Opens the endpoints, once.
    #[napi]
    pub fn listen(&self, env: Env) -> Result<Vec<AddressInfo>> {
        let endpoints = self.endpoints.take();
        let addresses = self
            .started(env)?
            .listen(&endpoints)
            .map_err(|error| to_js(env, &error))?;
        Ok(addresses.into_iter().map(AddressInfo::from).collect())
    }

    /// Stops accepting; what runs has `grace_ms` milliseconds. `on_closed` is called when
    /// everything has ended, at once where nothing was started.
    #[napi]
    pub fn close(&self, env: Env, grace_ms: f64, on_closed: Unknown<'_>) -> Result<()> {
        self.endpoints.take();
        match self.server.get() {
            Some(server) if !server.is_closed() && !self.callbacks.are_over() => {
                let closer = raw::reference(env.raw(), on_closed.raw());
                let closer = closer.map_err(|failure| failure.into_error())?;
                self.callbacks.add_closer(closer);
                server.close(grace_ms as u64);
            }
            _ => raw::call(env.raw(), on_closed.raw(), &[]),
        }
        Ok(())
    }

    /// Sheds every request for a handler, or no longer does.
    #[napi]
    pub fn set_busy(&self, busy: bool) {
        if let Some(server) = self.server.get() {
            server.set_busy(busy);
        }
    }

    /// Wants to know of refusals and limits from now on: bits of `WATCH_*`, 0 for no more.
    /// `on_pending` is called when some wait to be taken. Nothing is watched, and nothing kept, of
    /// a server that has closed.
    #[napi]
    pub fn watch(&self, env: Env, wanted: u32, on_pending: Unknown<'_>) -> Result<()> {
        let is_open = |server: &&Arc<Server>| !server.is_closed() && !self.callbacks.are_over();
        let server = self.server.get().filter(is_open);
        let wanted = server.map_or(0, |server| {
            server.sightings().watch(wanted);
            wanted
        });
        let watcher = match wanted {
            0 => None,
            _ => {
                let reference = raw::reference(env.raw(), on_pending.raw());
                Some(reference.map_err(|failure| failure.into_error())?)
            }
        };
        self.callbacks.set_watcher(env.raw(), watcher);
        Ok(())
    }

    /// Takes the refusals and limits that wait.
    #[napi]
    pub fn take_sightings(&self) -> Vec<SightingInfo> {
        let seen = self.server.get().map(|server| server.sightings().take());
        let seen = seen.unwrap_or_default().into_iter();
        seen.map(SightingInfo::from).collect()
    }

    /// The counters; rejects as `reject_<label>`, ends of connections as `closed_<cause>`.
    #[napi]
    pub fn stats<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let stats = self
            .server
            .get()
            .map(|server| server.stats())
            .unwrap_or_default();
        let mut object = Object::new(env)?;
        for (name, value) in &stats.values {
            object.set(name, *value as f64)?;
        }
        object.set("stalls", stats.stalls as f64)?;
        object.set("queued", stats.queued() as f64)?;
        set_vitals(&mut object, stats.worst_vitals())?;
        for (label, value) in &stats.rejects {
            object.set(format!("reject_{label}"), *value as f64)?;
        }
        for (cause, value) in &stats.closed {
            object.set(format!("closed_{cause}"), *value as f64)?;
        }
        object.set("request_duration", times(env, &stats.request_duration)?)?;
        object.set(
            "connection_duration",
            times(env, &stats.connection_duration)?,
        )?;
        let all = stats.all_isolates();
        object.set("queue_wait", times(env, &all.queue_wait)?)?;
        object.set("handler_duration", times(env, &all.handler_duration)?)?;
        // The last one has what isolates did that have gone.
        let here = stats
            .isolates
            .split_last()
            .map_or(&[][..], |(_, here)| here);
        let isolates: Result<Vec<_>> = here.iter().map(|one| isolate(env, one)).collect();
        object.set("isolates", isolates?)?;
        Ok(object)
    }
}

impl NativeServer {
    fn started(&self, env: Env) -> Result<Arc<Server>> {
        if let Some(server) = self.server.get() {
            return Ok(Arc::clone(server));
        }
        let server = Server::start(self.config.clone(), &specs(&self.routes));
        let server = Arc::new(server.map_err(|error| to_js(env, &error))?);
        Ok(Arc::clone(self.server.get_or_init(|| server)))
    }
}

/// A distribution in milliseconds.
fn times<'env>(env: &'env Env, all: &Distribution) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    object.set("count", all.count() as f64)?;
    let figures = [
        ("mean", all.mean_us()),
        ("p50", all.quantile_us(0.5)),
        ("p90", all.quantile_us(0.9)),
        ("p99", all.quantile_us(0.99)),
        ("p999", all.quantile_us(0.999)),
        ("max", all.most_us() as f64),
    ];
    for (name, us) in figures {
        object.set(name, us / 1_000.0)?;
    }
    Ok(object)
}

fn isolate<'env>(env: &'env Env, stats: &IsolateStats) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    let figures = [
        ("dispatched", stats.dispatched as f64),
        ("queued", stats.queued() as f64),
        ("in_flight", stats.in_flight as f64),
        ("turns", stats.turns as f64),
        ("busy", stats.busy_us as f64 / 1_000.0),
    ];
    for (name, value) in figures {
        object.set(name, value)?;
    }
    set_vitals(&mut object, stats.vitals)?;
    object.set("queue_wait", times(env, &stats.queue_wait)?)?;
    object.set("handler_duration", times(env, &stats.handler_duration)?)?;
    Ok(object)
}

/// What is known of an event loop.
fn set_vitals(object: &mut Object<'_>, vitals: Option<Vitals>) -> Result<()> {
    let vitals = vitals.unwrap_or_default();
    object.set("loop_delay", vitals.delay_ms as f64)?;
    object.set("loop_delay_max", vitals.delay_max_ms as f64)?;
    // Undefined where it is not known.
    object.set("loop_utilization", vitals.utilization)
}

fn specs(routes: &[RouteOptions]) -> Vec<RouteSpec<'_>> {
    let specs = routes.iter();
    specs
        .map(|route| RouteSpec {
            method: &route.method,
            pattern: &route.pattern,
        })
        .collect()
}

impl From<Address> for AddressInfo {
    fn from(address: Address) -> Self {
        match address {
            Address::Tcp(address) => Self {
                family: if address.is_ipv4() { "tcp4" } else { "tcp6" }.into(),
                address: address.ip().to_string(),
                port: address.port(),
            },
            Address::Unix(path) => Self {
                family: "unix".into(),
                address: path,
                port: 0,
            },
        }
    }
}

/// A core error as a JavaScript error with its code.
fn to_js(env: Env, error: &Error) -> napi::Error {
    let code = error.kind().code();
    let thrown = env.throw_error(&error.to_string(), Some(code));
    match thrown {
        // The exception is pending; napi-rs leaves it as it is.
        Ok(()) => napi::Error::new(napi::Status::PendingException, error.to_string()),
        Err(error) => error,
    }
}
