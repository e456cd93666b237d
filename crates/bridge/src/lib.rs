//! Hands batches of bytes between I/O threads and JavaScript isolates.
//!
//! `core` calls it from its I/O threads, `node` from the isolates' threads. It promises that what
//! one side publishes the other takes once, whole and in order; that a consumer which sleeps is
//! woken; that everything is bounded; and that either side may leave at any moment. It knows no
//! HTTP, no runtime and no poller: what a batch means is its callers' business, and how a thread
//! sleeps is behind [`Doorbell`].
//!
//! # Who owns what
//!
//! ```text
//!      I/O thread                                     isolate's thread
//!   ┌────────────────┐  up ring      Box<Batch>   ┌──────────────────────┐
//!   │ IoLane         │ ─────────────────────────▶ │ IsolateLane          │──▶ Stealer, to other
//!   │                │  down ring    Box<Batch>   │                      │    isolates' threads
//!   │                │ ◀───────────────────────── │                      │
//!   │                │ ◀── spent boxes, both ways │                      │
//!   │                │                         ──▶│                      │
//!   └────────────────┘                            └──────────────────────┘
//!     Slots, Credit, Refund                         Credit, Refund
//!     Gate (one per I/O thread) ◀── wake    wake ──▶ Gate (one per isolate)
//! ```
//!
//! - [`ring`](mod@ring): a bounded queue with one producer; its consumer may share the taking end
//!   with thieves. A place in it belongs to the producer or to the one consumer that claimed it,
//!   and its sequence number says to whom. The only unsafe code of this crate is there.
//! - [`doorbell`]: a [`Gate`] per consumer thread, however many rings that thread reads. Wakes it
//!   once per sleep and never while it is awake.
//! - [`lane`](mod@lane): two rings and two gates between one I/O thread and one isolate; closing.
//! - [`slots`]: the I/O thread's table of live exchanges; a key outlives its slot without harm.
//! - [`credit`]: byte budgets, so that neither side can make the other hold more than a window.
//! - [`batch`]: what travels.
//!
//! # Orderings, and what each pairs with
//!
//! - Ring, filling: payload, then the place's sequence (Release). The consumer reads the sequence
//!   (Acquire), then the payload.
//! - Ring, freeing: payload moved out, then the sequence (Release). The producer reads the sequence
//!   (Acquire), then overwrites.
//! - Gate: the producer publishes, goes through a SeqCst fence, reads `sleeping`. The consumer sets
//!   `sleeping`, goes through a SeqCst fence, looks into its rings.
//! - Lane: an end publishes its last batch, then sets its closed flag (Release). The other end
//!   reads the flag (Acquire), then takes what is left.
//! - Detach takes the bell under the gate's lock; a wake rings it under the same lock.
//!
//! # What may block
//!
//! Nothing, but for the gate's lock: it is held while the bell rings, so `detach` waits for a ring
//! that is under way. Publishing to a full ring fails at once; the caller sheds.

#![deny(unsafe_code)]

pub mod batch;
pub mod chunk;
pub mod credit;
pub mod doorbell;
pub mod lane;
#[expect(
    unsafe_code,
    reason = "places that change hands; docs/unsafe.md lists each block"
)]
pub mod ring;
pub mod slots;
mod sync;

pub use batch::Batch;
pub use chunk::{Chunk, Home};
pub use credit::{Credit, Refund};
pub use doorbell::{Doorbell, Gate};
pub use lane::{IoLane, IsolateLane, lane};
pub use ring::{Consumer, Producer, Stealer, ring};
pub use slots::{SlotId, Slots};
