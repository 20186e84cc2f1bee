"""A Modbus unit by pymodbus: `pymodbus-server.py rtu <path>`, `tcp <port>` or `rtu-tcp <port>`.

Unit 7 with the same values as libmodbus-server.c, and a device identification.
"""
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

COUNT = 200


def block(value):
    return ModbusSequentialDataBlock(0, [value(i) for i in range(COUNT)])


unit = ModbusSlaveContext(
    co=block(lambda i: i % 3 == 0),
    di=block(lambda i: i % 2 == 0),
    hr=block(lambda i: 257 * i & 0xFFFF),
    ir=block(lambda i: 40000 + i),
    zero_mode=True,
)
context = ModbusServerContext(slaves={7: unit}, single=False)
identity = ModbusDeviceIdentification(
    info_name={"VendorName": "Pymodbus", "ProductCode": "PM", "MajorMinorRevision": "3.0"}
)
kind, place = sys.argv[1:]
common = {"context": context, "identity": identity, "ignore_missing_slaves": True}
if kind == "rtu":
    StartSerialServer(framer=ModbusRtuFramer, port=place, baudrate=9600, **common)
else:
    framer = ModbusRtuFramer if kind == "rtu-tcp" else ModbusSocketFramer
    StartTcpServer(framer=framer, address=("127.0.0.1", int(place)), **common)
