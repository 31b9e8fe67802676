# SPDX-License-Identifier: MIT
"""Commands for gdb on a running Parvis: hv-domains, hv-evtchn, hv-grants, hv-frame, hv-runq, hv-cpu.

Use: gdb build/hypervisor/parvis.elf -x hypervisor/gdb/parvis.py -ex 'target remote :1234'
"""
import gdb

CPU_BLOCKS = 0xFFFF82D040000000
CPU_BLOCK_SIZE = 0x10000
CPU_DATA = 0xF000
FIRST_RESERVED_DOMID = 0x7FF0


def evaluate(text):
    return gdb.parse_and_eval(text)


def cpus():
    online = int(evaluate("x86_cpus_online.bits"))
    return [n for n in range(64) if online >> n & 1]


def cpu_data(number):
    address = CPU_BLOCKS + number * CPU_BLOCK_SIZE + CPU_DATA
    return evaluate("(struct x86_cpu *)%#x" % address).dereference()


def domains():
    """All domains of the table; it is an array, most of it empty, so it is read in one go."""
    table = evaluate("&'domain.c'::table")
    raw = gdb.selected_inferior().read_memory(int(table), FIRST_RESERVED_DOMID * 8).tobytes()
    kind = gdb.lookup_type("struct domain").pointer()
    for number in range(FIRST_RESERVED_DOMID):
        address = int.from_bytes(raw[number * 8 : number * 8 + 8], "little")
        if address:
            yield gdb.Value(address).cast(kind).dereference()


def domain_by_id(number):
    for domain in domains():
        if int(domain["id"]) == number:
            return domain
    raise gdb.GdbError("there is no domain %d" % number)


def vcpus(domain):
    for number in range(int(domain["vcpu_count"])):
        pointer = domain["vcpus"][number]
        if int(pointer):
            yield pointer.dereference()


def argument_number(argument, what):
    if not argument:
        raise gdb.GdbError("say which %s" % what)
    return int(evaluate(argument))


class Domains(gdb.Command):
    """hv-domains: all domains and their vCPUs."""

    def __init__(self):
        super().__init__("hv-domains", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        for d in domains():
            print(
                "d%d: %s, %d frames, pause count %d, refs %d%s"
                % (d["id"], d["life"], d["mm"]["frame_count"], d["pause_count"], d["refs"],
                   ", shut down" if d["shut_down"] else "")
            )
            for v in vcpus(d):
                print(
                    "  v%d: cpu %d%s, pause flags %#x, %s mode, upcall pending %d mask %d"
                    % (v["id"], v["sched"]["cpu"], " running" if v["sched"]["running"] else "",
                       v["sched"]["pause_flags"], "kernel" if v["cpu"]["kernel_mode"] else "user",
                       v["evtchn"]["info"]["evtchn_upcall_pending"], v["evtchn"]["info"]["evtchn_upcall_mask"])
                )


class Evtchn(gdb.Command):
    """hv-evtchn N: event channels of domain N as its module has them."""

    def __init__(self):
        super().__init__("hv-evtchn", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        d = domain_by_id(argument_number(argument, "domain"))
        print(d["evtchn"])


class Grants(gdb.Command):
    """hv-grants N: the grant table of domain N as its module has it."""

    def __init__(self):
        super().__init__("hv-grants", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        table = domain_by_id(argument_number(argument, "domain"))["gnttab"]
        print(table.dereference() if int(table) else "none")


class Frame(gdb.Command):
    """hv-frame MFN: references, owner and type of a machine frame."""

    def __init__(self):
        super().__init__("hv-frame", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        number = argument_number(argument, "frame")
        frame = evaluate("frame_table[%d]" % number)
        refs = int(frame["refs"])
        print("frame %#x: %d references, owner %#x, flags %#x, type word %#x"
              % (number, refs & 0xFFFFFFFF, refs >> 32 & 0xFFFF, refs >> 48, int(frame["type"])))


class Runq(gdb.Command):
    """hv-runq: what each CPU runs."""

    def __init__(self):
        super().__init__("hv-runq", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        for number in cpus():
            current = cpu_data(number)["current"].dereference()
            where = "idle" if current["is_idle"] else "d%dv%d" % (current["domain"]["id"], current["id"])
            print("CPU %d: %s, work %#x" % (number, where, cpu_data(number)["work"]))


class Cpu(gdb.Command):
    """hv-cpu N: the data of a CPU."""

    def __init__(self):
        super().__init__("hv-cpu", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(cpu_data(argument_number(argument, "CPU")))


for command in (Domains, Evtchn, Grants, Frame, Runq, Cpu):
    command()
