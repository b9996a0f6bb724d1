# compute_broker: a machine with many cores for as long as a script needs it. Tcl 8.6 and 9.
#
#   compute_broker::with worker {-cores 64} { puts [$worker eval {expr 6*7}] }
#
#   with NAME OPTIONS BODY   runs BODY with a leased worker in NAME; gives it back however BODY ends:
#                            it goes on for others until it has been idle, unless it was exclusive
#   lease ?OPTIONS?          a leased worker, until its `release`
#   get ?OPTIONS?            the address of a worker that others share, without a lease
#   eval_at ADDRESS SCRIPT ?-timeout MS? ?-port N?        what dserv there answers to SCRIPT
#   ping ADDRESS ?-lease ID? ?-broker HOST:PORT?          its idle time begins anew
#   release ADDRESS ?-lease ID? ?-broker HOST:PORT?       it is given back, or without a lease ended
#   status ?-broker HOST:PORT?                            a list of dicts, one for each ready worker
#
# OPTIONS: -cores N -pool NAME -type TYPE -market spot|on-demand -region NAME -exclusive 1 -hold 1h
# say what is wanted; -release 1 that the machine is ended when it is given back, for everybody who
# holds no lease on it; -wait 10m how long to wait for it; -broker HOST:PORT who is asked (else the
# environment's COMPUTE_BROKER, then client.conf, then this machine); -client NAME who asks, in the
# broker's log; -progress CMD is called with each sentence meanwhile; -port 2560 is the worker's.
#
# A worker is a command:
#   $worker eval SCRIPT ?-timeout MS?    its answer; an hour unless said otherwise
#   $worker address | lease | lost       where it is; the lease's id; why it is lost, or nothing
#   $worker ping | release               as above
#
# The lease is kept alive, and taken up again after a restart of the broker, while a call here waits
# and by the event loop, where one runs. A script that is silent for longer without either asks for
# -hold. Calls block; within a coroutine they yield to the event loop instead.
#
# Errors are sentences, with {COMPUTE_BROKER KIND WHO} as -errorcode. KIND is one of those below,
# REFUSED (another ERROR of the broker), TIMEOUT, or EVAL: the script's own error on the worker.

package require Tcl 8.6-
package require compute_broker::sockets
package provide compute_broker 1.0

namespace eval ::compute_broker {
    namespace export with lease get eval_at ping release status

    variable coming_up_ms 3000    ;# a broker that is just being started is waited for
    variable answer_ms 30000      ;# of the broker to a command; beyond -wait for a worker
    variable renew_ms 15000       ;# between two signs of life of a lease
    variable retry_ms 500         ;# between two attempts to get a lost connection back
    variable watch_ms 1000        ;# between two looks at its connection, by the event loop
    variable system_conf /etc/compute-broker/client.conf

    # What tells kinds of ERROR lines apart, the first that fits: docs/protocol.md, Errors.
    variable kinds {
        BAD_REQUEST {{Bad request*} {Unknown command*} {no pool offers *} {pool *}}
        NO_CAPACITY {{no capacity for *} {a quota is used up for *}
                     {no worker could be launched for *} {no worker was ready within *}}
        WORKER_LOST {{Worker not found} {Lease not found} {terminated by TERMINATE_ALL}}
        UNREACHABLE {{too many connections} {the broker is stopping*}}
        NOT_ALLOWED {{* may not use this broker*}}
        LIMIT       {{*max_workers = *} {*launches_per_hour_max = *} {*max_lifetime = *}}
    }
}

proc ::compute_broker::with {name options body} {
    upvar 1 $name worker
    set worker [set held [lease {*}$options]]
    catch {uplevel 1 $body} result outcome
    if {[info commands $held] ne "" && [catch {$held release} why]} {
        # What was computed is worth more than this.
        puts stderr "compute_broker: a worker was not given back ($why); its lease ends by itself"
    }
    dict incr outcome -level
    return -options $outcome $result
}

proc ::compute_broker::lease {args} {
    set options [wanted $args -release 0]
    if {![string is boolean -strict [dict get $options -release]]} {
        fail BAD_REQUEST "-release is 1 or 0, not [dict get $options -release]"
    }
    lassign [ask_for_worker 3 $options] sock answer
    lassign [split $answer] address lease
    return [Worker new $options $sock $address [string range $lease 6 end]]
}

proc ::compute_broker::get {args} {
    lassign [ask_for_worker 2 [wanted $args]] sock address
    close $sock
    return $address
}

proc ::compute_broker::eval_at {address script args} {
    set options [options_in $args [list -timeout $::compute_broker::eval_ms -port 2560]]
    remote_eval $address [dict get $options -port] $script [dict get $options -timeout]
}

proc ::compute_broker::ping {address args} { ask_about PING $address $args }
proc ::compute_broker::release {address args} { ask_about RELEASE $address $args }

proc ::compute_broker::status {args} {
    from_json [ask [broker_in [options_in $args {-broker ""}]] STATUS]
}

# --- A leased worker, and the connection that holds its lease -----------------------------------

oo::class create ::compute_broker::Worker {
    # sock is empty while the connection is cut; asked: since when an answer is owed, 0 for none;
    # due: when something is to be said, or a new connection to be tried; failed: its service did.
    variable options sock address lease lost gone failed connecting asked due timer

    constructor {its_options its_sock its_address its_lease} {
        namespace path [list ::compute_broker {*}[namespace path]]
        lassign [list $its_options $its_sock $its_address $its_lease] options sock address lease
        lassign {"" 0 0 0 ""} lost gone failed connecting timer
        my Answered
        my Watch
    }
    destructor {
        after cancel $timer
        if {$sock ne ""} { close $sock }
    }
    method address {} { return $address }
    method lease {} { return $lease }
    method lost {} { my Tend; return $lost }
    method ping {} { ask_about PING $address [my Its $lease] }
    # A use that is not the lease's keeps the machine for others. Not one that failed us; nor one
    # that was ours alone, for while it counts as used nobody else can have it so.
    method release {} {
        set stays [expr {$lost eq "" && !$failed && [dict get $options -exclusive] in {"" 0}}]
        try {
            if {$stays} { my Ask PING "" }
            my Ask RELEASE $lease
            if {[dict get $options -release]} { my Ask RELEASE "" }
        } finally { my destroy }
        return
    }
    method eval {script args} {
        set call [options_in $args [list -timeout $::compute_broker::eval_ms]]
        # After a silence the lease may have ended: that is found out before the script is sent.
        until $::compute_broker::coming_up_ms {[my Alive] eq "" && $sock ne "" && !$asked}
        set guard [namespace code {my Exists}]
        try {
            remote_eval $address [dict get $options -port] $script [dict get $call -timeout] $guard
        } trap {COMPUTE_BROKER WORKER_LOST} {why outcome} {
            set failed 1
            return -options $outcome $why
        }
    }

    method Its {lease} { list -lease $lease -broker [dict get $options -broker] }
    # What is no more need not be given back.
    method Ask {verb lease} {
        try { ask_about $verb $address [my Its $lease] } trap {COMPUTE_BROKER WORKER_LOST} {} {}
    }
    method Alive {} {
        my Tend
        if {$lost ne ""} { fail WORKER_LOST $lost $address }
    }
    # A script that has begun is not given up for the lease alone: the worker goes on with it.
    method Exists {} {
        my Tend
        if {$gone} { fail WORKER_LOST $lost $address }
    }
    # From the event loop, where there is one: in dserv `after MS SCRIPT` is an error.
    method Watch {} {
        catch { set timer [after $::compute_broker::watch_ms [namespace code {my Watch}]] }
        my Tend
    }
    # One step of what keeps the lease; it never waits.
    method Tend {} {
        set now [clock milliseconds]
        if {$lost ne "" || ($sock eq "" && $now < $due)} return
        try {
            if {$sock eq ""} {
                set sock [begin_connection {*}[host_and_port [dict get $options -broker]]]
                lassign [list 1 $now] connecting asked
            }
            if {$connecting && ![set connecting [is_connecting $sock]]} {
                say $sock "HELLO 3 client=[dict get $options -client] lease=$lease"
            }
            while {$lost eq "" && !$connecting && [take_line $sock line]} { my Heard $line }
            if {$asked && $now - $asked > $::compute_broker::answer_ms} { cut "does not answer" }
            if {!$asked && $now >= $due} { say $sock "RENEW lease=$lease"; set asked $now }
        } trap {COMPUTE_BROKER CUT} {} {
            if {$sock ne ""} { close $sock }
            lassign {"" 0 0} sock connecting asked
            set due [expr {$now + $::compute_broker::retry_ms}]
        }
    }
    method Heard {line} {
        if {[regexp "^NOTICE $address ended ?(.*)" $line -> why]} {
            set gone 1
            set lost "the worker $address is no more: $why"
        } elseif {[string match NOTICE* $line]} {
            tell [dict get $options -progress] $line
        } elseif {[kind_of $line] eq "WORKER_LOST"} {
            set lost "the lease on worker $address has ended ($line): ask for another"
        } elseif {[string match ERROR* $line]} {
            cut $line
        } else {
            my Answered
        }
        if {$lost ne ""} { tell [dict get $options -progress] $lost }
    }
    method Answered {} {
        lassign [list 0 [expr {[clock milliseconds] + $::compute_broker::renew_ms}]] asked due
    }
}

# --- Speaking to the broker ---------------------------------------------------------------------

# Greets, asks for a worker and waits for it: {SOCKET ANSWER}. The socket is open.
proc ::compute_broker::ask_for_worker {protocol options} {
    variable answer_ms
    set seconds [in_seconds -wait [dict get $options -wait]]
    set line "GET_WORKER wait=$seconds"
    foreach key {cores pool type market region exclusive hold} {
        set value [dict get $options -$key]
        if {$value ne ""} { append line " $key=[one_word -$key $value]" }
    }
    set hello "HELLO $protocol client=[one_word -client [dict get $options -client]]"
    converse [dict get $options -broker] [dict get $options -progress] \
        [list $hello $answer_ms $line [expr {1000 * $seconds + $answer_ms}]]
}

proc ::compute_broker::ask {broker line} {
    lassign [converse $broker "" [list $line $::compute_broker::answer_ms]] sock answer
    close $sock
    return $answer
}

proc ::compute_broker::ask_about {verb address given} {
    set options [options_in $given {-lease "" -broker ""}]
    set line "$verb [one_word address $address]"
    set lease [dict get $options -lease]
    if {$lease ne ""} { append line " lease=[one_word -lease $lease]" }
    ask [broker_in $options] $line
    return
}

# Says one line after the other, each answered within its time: {SOCKET LAST_ANSWER}.
proc ::compute_broker::converse {broker progress exchange} {
    set sock [reach $broker]
    try {
        foreach {line ms} $exchange { set answer [answer_on $sock $broker $line $ms $progress] }
        return [list $sock $answer]
    } on error {why outcome} {
        close $sock
        return -options $outcome $why
    }
}

# A broker that is just being started is waited for.
proc ::compute_broker::reach {broker} {
    set address [host_and_port $broker]
    if {[until $::compute_broker::coming_up_ms {![catch {connect {*}$address} sock]}]} {
        return $sock
    }
    fail UNREACHABLE "cannot reach the broker at $broker: $sock; start it there (compute-broker\
        serve), or name another with -broker, COMPUTE_BROKER or client.conf" $broker
}

# The answer to `line`, which is no ERROR; the progress and the notices before it are told.
proc ::compute_broker::answer_on {sock broker line ms progress} {
    try {
        say $sock $line
        if {![until $ms {[next_answer $sock $progress answer]}]} {
            fail TIMEOUT "the broker at $broker did not answer '$line' within [in_words $ms]; its\
                log says what it waits for" $broker
        }
    } trap {COMPUTE_BROKER CUT} why {
        fail UNREACHABLE "the broker at $broker $why without an answer to '$line'; ask again, and\
            look into its log if it stays so" $broker
    }
    if {![string match ERROR* $answer]} { return $answer }
    set why [string trimleft [string range $answer 5 end] ": "]
    if {$why in {"" "Unknown command"}} {
        set why "the broker at $broker answered '$line' with '$answer': look into its log, or\
            upgrade it if it is older than this client"
    }
    fail [kind_of $answer] $why $broker
}

proc ::compute_broker::next_answer {sock progress name} {
    upvar 1 $name line
    while {[take_line $sock line]} {
        if {![regexp {^(?:# |(?=NOTICE ))(.*)} $line -> news]} { return 1 }
        tell $progress $news
    }
    return 0
}

proc ::compute_broker::kind_of {line} {
    foreach {kind patterns} $::compute_broker::kinds {
        foreach pattern $patterns {
            if {[string match "ERROR: $pattern" $line]} { return $kind }
        }
    }
    return REFUSED
}

# --- Options, settings, text --------------------------------------------------------------------

proc ::compute_broker::tell {command sentence} {
    if {$command ne ""} { uplevel #0 [list {*}$command $sentence] }
}

proc ::compute_broker::options_in {given options} {
    foreach {name value} $given {
        if {![dict exists $options $name]} {
            fail BAD_REQUEST "there is no option $name; there is [join [dict keys $options] {, }]"
        }
        dict set options $name $value
    }
    if {[llength $given] % 2} { fail BAD_REQUEST "[lindex $given end] has no value" }
    return $options
}

proc ::compute_broker::wanted {given args} {
    set options [options_in $given [list -cores "" -pool "" -type "" -market "" -region "" \
        -exclusive "" -hold "" -wait 10m -client [regsub -all {[^!-~]} [info hostname] -] \
        -broker "" -progress "" -port 2560 {*}$args]]
    dict set options -broker [broker_in $options]
}

# Where the broker is: what was said, the environment, this user's and this machine's client.conf.
proc ::compute_broker::broker_in {options} {
    global env
    if {[dict get $options -broker] ne ""} { return [dict get $options -broker] }
    if {[info exists env(COMPUTE_BROKER)] && $env(COMPUTE_BROKER) ne ""} {
        return $env(COMPUTE_BROKER)
    }
    foreach {name below} {XDG_CONFIG_HOME {} HOME .config} {
        if {![info exists env($name)] || $env($name) eq ""} continue
        lappend files [file join $env($name) $below compute-broker client.conf]
        break
    }
    foreach file [lappend files $::compute_broker::system_conf] {
        set broker [broker_of_file $file]
        if {$broker ne ""} { return $broker }
    }
    return 127.0.0.1:9000
}

# Lines `key = value`; # begins a comment. Nothing where there is no such file.
proc ::compute_broker::broker_of_file {file} {
    if {![file exists $file]} return
    if {[catch {open $file rb} in]} { fail BAD_REQUEST "client.conf: $in" }
    set text [utf8 convertfrom [read $in]]
    close $in
    set broker ""
    foreach line [lmap each [split $text \n] { string trim [regsub {#.*} $each ""] }] {
        if {$line ne "" && ![regexp {^broker\s*=\s*(\S+)$} $line -> broker]} {
            fail BAD_REQUEST "$file: '$line' is no setting; there is broker = HOST:PORT"
        }
    }
    return $broker
}

proc ::compute_broker::host_and_port {broker} {
    if {[regexp {^(?:\[([^][]+)\]|([^]:[\s]+))(?::(\d{1,5}))?$} $broker -> six host port]} {
        scan [expr {$port eq "" ? 9000 : $port}] %d number
        if {$number >= 1 && $number <= 65535} { return [list $six$host $number] }
    }
    fail BAD_REQUEST "$broker is no address of a broker; write HOST:PORT, such as 127.0.0.1:9000"
}

proc ::compute_broker::one_word {what value} {
    if {[regexp {^[!-~]+$} $value]} { return $value }
    fail BAD_REQUEST "$what is one word, not '$value'"
}

proc ::compute_broker::in_seconds {what time} {
    if {![regexp {^(\d{1,9})([dhms])$} $time -> count unit]} {
        fail BAD_REQUEST "$what takes a time with its unit, such as 120s or 2m, not $time"
    }
    expr {[scan $count %d] * [dict get {d 86400 h 3600 m 60 s 1} $unit]}
}

# Objects become dicts, arrays lists, null is empty.
proc ::compute_broker::from_json {json} {
    foreach token [regexp -all -inline {"(?:[^"\\]|\\.)*"|[][\{\}]|[^][\{\}:,\s"]+} $json] {
        switch -- [string index $token 0] {
            \{ - \[ { append list \{ }
            \} - \] { append list "\} " }
            \" {
                set text [string range $token 1 end-1]
                append list [list [subst -nocommands -novariables $text]] " "
            }
            default { append list [expr {$token eq "null" ? "{}" : $token}] " " }
        }
    }
    lindex $list 0
}
