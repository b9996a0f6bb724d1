# compute_broker::sockets: what the client does with bytes. Sockets that are waited for no longer
# than they may be, with and without an event loop, and dserv's frame on them. dserv itself has no
# event loop: there `after MS SCRIPT` is an error, `after MS` and `socket -async` are not. (Only the
# look-up of a host's name has no time limit but the resolver's own.)

package require Tcl 8.6-
package provide compute_broker::sockets 1.0

namespace eval ::compute_broker {
    variable connect_ms 5000      ;# to be connected
    variable eval_ms 3600000      ;# of a worker to a script

    # Tcl 9 would refuse a result with half a character in it.
    variable profile {-profile tcl8}
    if {[catch {encoding convertto {*}$profile utf-8 ""}]} { set profile {} }
}

# --- Speaking to dserv: a length of 32 bits and so many bytes of UTF-8, both ways ---------------

# `guard` is called while it waits, and may fail.
proc ::compute_broker::remote_eval {address port script ms {guard list}} {
    set body [utf8 convertto $script]
    if {$body eq ""} { return "" }  ;# dserv would not answer
    if {![string is entier -strict $ms]} { fail BAD_REQUEST "-timeout is in milliseconds, not $ms" }
    {*}$guard
    try { set sock [connect $address $port] } trap {COMPUTE_BROKER CUT} why {
        fail WORKER_LOST "cannot reach the worker at $address, port $port: $why; ask the broker\
            for another" $address
    }
    try {
        # In one write: dserv takes a header that comes in two for another length.
        send $sock [binary format Ia* [string length $body] $body]
        if {![until $ms {[{*}$guard; next_frame $sock received answer]}]} {
            fail TIMEOUT "the worker $address did not answer within [in_words $ms], and goes on\
                with the script: give a longer -timeout, or release the worker" $address
        }
    } trap {COMPUTE_BROKER CUT} why {
        fail WORKER_LOST "the worker $address $why before it answered: its service has ended, or 8\
            connections from here are open to it; whether the script has run is not known" $address
    } finally {
        close $sock
    }
    set text [utf8 convertfrom $answer]
    if {[string match "!TCL_ERROR *" $text]} { fail EVAL [string range $text 11 end] $address }
    return $text
}

proc ::compute_broker::next_frame {sock so_far name} {
    upvar 1 $so_far received $name body
    send_rest $sock
    if {[catch {read $sock} bytes] || ($bytes eq "" && [eof $sock])} { cut "cut the connection" }
    append received $bytes
    if {![binary scan $received Iu size] || [string length $received] < 4 + $size} { return 0 }
    set body [string range $received 4 end]
    return 1
}

# --- Sockets that never block; an end is {COMPUTE_BROKER CUT}, and says what the other side did --

proc ::compute_broker::cut {why} { return -code error -errorcode {COMPUTE_BROKER CUT} $why }

proc ::compute_broker::connect {host port} {
    variable connect_ms
    set sock [begin_connection $host $port]
    if {![catch {until $connect_ms {![is_connecting $sock]}} done] && $done} { return $sock }
    close $sock
    cut [expr {$done eq 0 ? "no answer within [in_words $connect_ms]" : $done}]
}

proc ::compute_broker::begin_connection {host port} {
    if {[catch {socket -async $host $port} sock]} { cut $sock }
    return $sock
}

proc ::compute_broker::is_connecting {sock} {
    if {[fconfigure $sock -connecting]} { return 1 }
    set why [fconfigure $sock -error]
    if {$why ne ""} { cut $why }
    fconfigure $sock -translation binary -blocking 0 -buffersize 1000000
    return 0
}

proc ::compute_broker::say {sock line} { send $sock "[utf8 convertto $line]\n" }

proc ::compute_broker::send {sock bytes} {
    if {[catch {puts -nonewline $sock $bytes; flush $sock}]} { cut "cut the connection" }
}

# What the other side had no room for. Without an event loop Tcl tries again only when it is asked
# anew, and takes a change of -blocking for that.
proc ::compute_broker::send_rest {sock} {
    if {[chan pending output $sock] <= 0} return
    fconfigure $sock -blocking 1
    fconfigure $sock -blocking 0
    send $sock ""
}

# Whether there was a whole line. One that is cut short could be another address: it is none.
proc ::compute_broker::take_line {sock name} {
    upvar 1 $name line
    if {[catch {gets $sock bytes} size]} { cut "cut the connection" }
    if {[eof $sock]} { cut "closed the connection" }
    set line [utf8 convertfrom [string trimright $bytes \r]]
    expr {$size >= 0}
}

# --- Waiting, errors, text ------------------------------------------------------------------------

# Looks at a condition of the caller until it holds: 1, or 0 when `ms` are over.
proc ::compute_broker::until {ms condition} {
    set begin [clock milliseconds]
    while {![uplevel 1 [list expr $condition]]} {
        set waited [expr {[clock milliseconds] - $begin}]
        if {$waited >= $ms} { return 0 }
        pause [expr {max(1, min(50, $waited / 10))}]
    }
    return 1
}

proc ::compute_broker::pause {ms} {
    set coroutine [info coroutine]
    if {$coroutine eq "" || [catch {after $ms [list $coroutine]} timer]} { return [after $ms] }
    yield
    after cancel $timer
}

proc ::compute_broker::fail {kind sentence args} {
    return -code error -errorcode [list COMPUTE_BROKER $kind {*}$args] $sentence
}

proc ::compute_broker::in_words {ms} { format "%g s" [expr {$ms / 1000.0}] }

proc ::compute_broker::utf8 {way text} { encoding $way {*}$::compute_broker::profile utf-8 $text }
