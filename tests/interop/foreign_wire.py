"""The ns3-gym wire a second time, written from its field list: shares no code with pyctl."""

from __future__ import annotations

from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "ns3opengym"
Field = descriptor_pb2.FieldDescriptorProto
ANY = ".google.protobuf.Any"

# message -> (field, number, type or message, repeated)
FIELDS: dict[str, list[tuple[str, int, Any, bool]]] = {
    "SpaceDescription": [
        ("type", 1, Field.TYPE_INT32, False),
        ("space", 2, ANY, False),
        ("name", 3, Field.TYPE_STRING, False),
    ],
    "DiscreteSpace": [("n", 1, Field.TYPE_INT32, False)],
    "BoxSpace": [
        ("low", 1, Field.TYPE_FLOAT, False),
        ("high", 2, Field.TYPE_FLOAT, False),
        ("dtype", 3, Field.TYPE_INT32, False),
        ("shape", 4, Field.TYPE_UINT32, True),
    ],
    "TupleSpace": [("element", 1, ".ns3opengym.SpaceDescription", True)],
    "DictSpace": [("element", 1, ".ns3opengym.SpaceDescription", True)],
    "DataContainer": [
        ("type", 1, Field.TYPE_INT32, False),
        ("data", 2, ANY, False),
        ("name", 3, Field.TYPE_STRING, False),
    ],
    "DiscreteDataContainer": [("data", 1, Field.TYPE_INT32, False)],
    "BoxDataContainer": [
        ("dtype", 1, Field.TYPE_INT32, False),
        ("shape", 2, Field.TYPE_UINT32, True),
        ("intData", 3, Field.TYPE_INT32, True),
        ("uintData", 4, Field.TYPE_UINT32, True),
        ("floatData", 5, Field.TYPE_FLOAT, True),
        ("doubleData", 6, Field.TYPE_DOUBLE, True),
    ],
    "TupleDataContainer": [("element", 1, ".ns3opengym.DataContainer", True)],
    "DictDataContainer": [("element", 1, ".ns3opengym.DataContainer", True)],
    "SimInitMsg": [
        ("simProcessId", 1, Field.TYPE_UINT64, False),
        ("wafShellProcessId", 2, Field.TYPE_UINT64, False),
        ("obsSpace", 3, ".ns3opengym.SpaceDescription", False),
        ("actSpace", 4, ".ns3opengym.SpaceDescription", False),
    ],
    "SimInitAck": [
        ("done", 1, Field.TYPE_BOOL, False),
        ("stopSimReq", 2, Field.TYPE_BOOL, False),
    ],
    "EnvStateMsg": [
        ("obsData", 1, ".ns3opengym.DataContainer", False),
        ("reward", 2, Field.TYPE_FLOAT, False),
        ("isGameOver", 3, Field.TYPE_BOOL, False),
        ("reason", 4, Field.TYPE_INT32, False),
        ("info", 5, Field.TYPE_STRING, False),
    ],
    "EnvActMsg": [
        ("actData", 1, ".ns3opengym.DataContainer", False),
        ("stopSimReq", 2, Field.TYPE_BOOL, False),
    ],
}

DISCRETE, BOX, TUPLE, DICT = 1, 2, 3, 4
INT, UINT, FLOAT, DOUBLE = 1, 2, 3, 4
LISTS = {INT: "intData", UINT: "uintData", FLOAT: "floatData", DOUBLE: "doubleData"}


def _make_classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="foreign.proto",
        package=PACKAGE,
        syntax="proto3",
        dependency=["google/protobuf/any.proto"],
    )
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            entry = message.field.add(name=field, number=number)
            entry.label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
            if isinstance(kind, str):
                entry.type, entry.type_name = Field.TYPE_MESSAGE, kind
            else:
                entry.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
        for name in FIELDS
    }


M = _make_classes()


def space(kind: int, body: Any, name: str = "") -> Any:
    message = M["SpaceDescription"](type=kind, name=name)
    message.space.Pack(body)
    return message


def box_space(low: float, high: float, dtype: int, shape: list[int], name: str = "") -> Any:
    return space(BOX, M["BoxSpace"](low=low, high=high, dtype=dtype, shape=shape), name)


def discrete_space(n: int, name: str = "") -> Any:
    return space(DISCRETE, M["DiscreteSpace"](n=n), name)


def tuple_space(*elements: Any, name: str = "") -> Any:
    return space(TUPLE, M["TupleSpace"](element=elements), name)


def dict_space(*elements: Any, name: str = "") -> Any:
    return space(DICT, M["DictSpace"](element=elements), name)


def data(kind: int, body: Any, name: str = "") -> Any:
    message = M["DataContainer"](type=kind, name=name)
    message.data.Pack(body)
    return message


def box(dtype: int, shape: list[int], values: list[float], name: str = "") -> Any:
    return data(
        BOX, M["BoxDataContainer"](dtype=dtype, shape=shape, **{LISTS[dtype]: values}), name
    )


def discrete(value: int, name: str = "") -> Any:
    return data(DISCRETE, M["DiscreteDataContainer"](data=value), name)


def tuple_data(*elements: Any, name: str = "") -> Any:
    return data(TUPLE, M["TupleDataContainer"](element=elements), name)


def dict_data(*elements: Any, name: str = "") -> Any:
    return data(DICT, M["DictDataContainer"](element=elements), name)


def plain(container: Any) -> Any:
    """Reads a DataContainer into numbers, lists and dicts."""
    kinds = {
        DISCRETE: "DiscreteDataContainer",
        BOX: "BoxDataContainer",
        TUPLE: "TupleDataContainer",
        DICT: "DictDataContainer",
    }
    body = M[kinds[container.type]]()
    assert container.data.Unpack(body), container.data.type_url
    if container.type == DISCRETE:
        return body.data
    if container.type == BOX:
        return list(getattr(body, LISTS[body.dtype]))
    if container.type == TUPLE:
        return [plain(element) for element in body.element]
    return {element.name: plain(element) for element in body.element}


def plain_space(description: Any) -> Any:
    """Reads a SpaceDescription into tuples, lists and dicts."""
    kinds = {DISCRETE: "DiscreteSpace", BOX: "BoxSpace", TUPLE: "TupleSpace", DICT: "DictSpace"}
    body = M[kinds[description.type]]()
    assert description.space.Unpack(body), description.space.type_url
    if description.type == DISCRETE:
        return body.n
    if description.type == BOX:
        return (body.low, body.high, body.dtype, list(body.shape))
    if description.type == TUPLE:
        return [plain_space(element) for element in body.element]
    return {element.name: plain_space(element) for element in body.element}
