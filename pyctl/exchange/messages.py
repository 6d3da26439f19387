"""The wire's message classes, made at run time from the compiled description.

No code is generated, so no version of ``protoc`` has to fit the version of the Python library.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from pyctl.launch.installed import descriptor_path

PACKAGE = "ns3opengym"


def _load() -> dict[str, Any]:
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_path().read_bytes())
    # A pool of our own: a user's ns3gym package may have registered the same names globally.
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    own = next(file for file in files.file if file.package == PACKAGE)
    return {
        message.name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{PACKAGE}.{message.name}")
        )
        for message in own.message_type
    }


CLASSES = _load()

SpaceDescription: Any = CLASSES["SpaceDescription"]
DiscreteSpace: Any = CLASSES["DiscreteSpace"]
BoxSpace: Any = CLASSES["BoxSpace"]
TupleSpace: Any = CLASSES["TupleSpace"]
DictSpace: Any = CLASSES["DictSpace"]
DataContainer: Any = CLASSES["DataContainer"]
DiscreteDataContainer: Any = CLASSES["DiscreteDataContainer"]
BoxDataContainer: Any = CLASSES["BoxDataContainer"]
TupleDataContainer: Any = CLASSES["TupleDataContainer"]
DictDataContainer: Any = CLASSES["DictDataContainer"]
SimInitMsg: Any = CLASSES["SimInitMsg"]
SimInitAck: Any = CLASSES["SimInitAck"]
EnvStateMsg: Any = CLASSES["EnvStateMsg"]
EnvActMsg: Any = CLASSES["EnvActMsg"]
BranchPeer: Any = CLASSES["BranchPeer"]

# SpaceType
DISCRETE, BOX, TUPLE, DICT = 1, 2, 3, 4
TYPE_NAMES = {DISCRETE: "Discrete", BOX: "Box", TUPLE: "Tuple", DICT: "Dict"}
# Dtype
INT, UINT, FLOAT, DOUBLE = 1, 2, 3, 4
DTYPE_NAMES = {INT: "INT", UINT: "UINT", FLOAT: "FLOAT", DOUBLE: "DOUBLE"}
# EnvStateMsg.Reason
SIMULATION_END, GAME_OVER = 0, 1
