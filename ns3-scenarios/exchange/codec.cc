// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/codec.h"

#include "exchange/bounds.h"
#include "exchange/errors.h"
#include "exchange/overloaded.h"
#include "messages.pb.h"

#include <algorithm>

namespace slicebed
{

namespace wire = ns3opengym;

namespace
{

wire::Dtype
ToWire(Dtype dtype)
{
    switch (dtype)
    {
    case Dtype::INT32:
        return wire::INT;
    case Dtype::UINT32:
        return wire::UINT;
    case Dtype::FLOAT32:
        return wire::FLOAT;
    default:
        return wire::DOUBLE;
    }
}

void
Write(const Space& space, wire::SpaceDescription& out)
{
    std::visit(Overloaded{[&](const BoxSpace& box) {
                              wire::BoxSpace message;
                              message.set_low(static_cast<float>(box.low));
                              message.set_high(static_cast<float>(box.high));
                              message.set_dtype(ToWire(box.dtype));
                              message.mutable_shape()->Add(box.shape.begin(), box.shape.end());
                              out.set_type(wire::Box);
                              out.mutable_space()->PackFrom(message);
                          },
                          [&](const DiscreteSpace& discrete) {
                              wire::DiscreteSpace message;
                              message.set_n(discrete.n);
                              out.set_type(wire::Discrete);
                              out.mutable_space()->PackFrom(message);
                          },
                          [&](const TupleSpace& tuple) {
                              wire::TupleSpace message;
                              for (const auto& element : tuple.elements)
                              {
                                  Write(element, *message.add_element());
                              }
                              out.set_type(wire::Tuple);
                              out.mutable_space()->PackFrom(message);
                          },
                          [&](const DictSpace& dict) {
                              wire::DictSpace message;
                              for (size_t i = 0; i < dict.names.size(); ++i)
                              {
                                  auto* element = message.add_element();
                                  Write(dict.elements[i], *element);
                                  element->set_name(dict.names[i]);
                              }
                              out.set_type(wire::Dict);
                              out.mutable_space()->PackFrom(message);
                          }},
               space.kind);
}

void
WriteBox(const BoxValue& box, wire::DataContainer& out)
{
    wire::BoxDataContainer message;
    message.mutable_shape()->Add(box.shape.begin(), box.shape.end());
    auto fill = [](auto* list, const auto& elements) {
        list->Add(elements.begin(), elements.end());
    };
    std::visit(Overloaded{[&](const std::vector<int32_t>& elements) {
                              message.set_dtype(wire::INT);
                              fill(message.mutable_intdata(), elements);
                          },
                          [&](const std::vector<uint32_t>& elements) {
                              message.set_dtype(wire::UINT);
                              fill(message.mutable_uintdata(), elements);
                          },
                          [&](const std::vector<float>& elements) {
                              message.set_dtype(wire::FLOAT);
                              fill(message.mutable_floatdata(), elements);
                          },
                          [&](const std::vector<double>& elements) {
                              message.set_dtype(wire::DOUBLE);
                              fill(message.mutable_doubledata(), elements);
                          }},
               box.data);
    out.set_type(wire::Box);
    out.mutable_data()->PackFrom(message);
}

void
Write(const Value& value, wire::DataContainer& out)
{
    std::visit(Overloaded{[&](const BoxValue& box) { WriteBox(box, out); },
                          [&](const DiscreteValue& discrete) {
                              wire::DiscreteDataContainer message;
                              message.set_data(discrete.value);
                              out.set_type(wire::Discrete);
                              out.mutable_data()->PackFrom(message);
                          },
                          [&](const TupleValue& tuple) {
                              wire::TupleDataContainer message;
                              for (const auto& element : tuple.elements)
                              {
                                  Write(element, *message.add_element());
                              }
                              out.set_type(wire::Tuple);
                              out.mutable_data()->PackFrom(message);
                          },
                          [&](const DictValue& dict) {
                              wire::DictDataContainer message;
                              for (size_t i = 0; i < dict.names.size(); ++i)
                              {
                                  auto* element = message.add_element();
                                  Write(dict.elements[i], *element);
                                  element->set_name(dict.names[i]);
                              }
                              out.set_type(wire::Dict);
                              out.mutable_data()->PackFrom(message);
                          }},
               value.kind);
}

template <typename Message>
Message
Parse(std::string_view bytes, const char* name)
{
    Message message;
    if (bytes.size() > MAX_MESSAGE_BYTES)
    {
        throw ProtocolError(std::string(name) + " of " + std::to_string(bytes.size()) +
                            " bytes; at most " + std::to_string(MAX_MESSAGE_BYTES) +
                            " are accepted");
    }
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    {
        throw ProtocolError("the " + std::to_string(bytes.size()) + " bytes received are no " +
                            name);
    }
    return message;
}

/** Takes the message out of a container, or says what is there in its place. */
template <typename Message>
Message
Unpack(const wire::DataContainer& container, wire::SpaceType type, const std::string& where)
{
    Message message;
    if (container.type() != type || !container.data().UnpackTo(&message))
    {
        throw ProtocolError(where + ": " + wire::SpaceType_Name(container.type()) + " data in '" +
                            container.data().type_url() + "'; a " + wire::SpaceType_Name(type) +
                            " is required");
    }
    return message;
}

/** Reads one box list as T, whichever of the float forms it came in. */
template <typename T>
std::vector<T>
Elements(const wire::BoxDataContainer& message)
{
    auto copy = [](const auto& list) {
        return std::vector<T>(list.begin(), list.end());
    };
    switch (message.dtype())
    {
    case wire::INT:
        return copy(message.intdata());
    case wire::UINT:
        return copy(message.uintdata());
    case wire::FLOAT:
        return copy(message.floatdata());
    default:
        return copy(message.doubledata());
    }
}

bool
IsFloat(wire::Dtype dtype)
{
    return dtype == wire::FLOAT || dtype == wire::DOUBLE;
}

/** @return "[4,2]" */
std::string
ShapeText(const std::vector<uint32_t>& shape)
{
    std::string text;
    for (const auto length : shape)
    {
        text += (text.empty() ? "" : ",") + std::to_string(length);
    }
    return "[" + text + "]";
}

template <typename T>
BoxData
ReadElements(const wire::BoxDataContainer& message, const BoxSpace& space, const std::string& where)
{
    auto elements = Elements<T>(message);
    if (elements.size() != ElementCount(space.shape))
    {
        throw ProtocolError(where + ": " + std::to_string(elements.size()) + " elements; " +
                            std::to_string(ElementCount(space.shape)) + " are required");
    }
    RequireBounds(elements, space, where);
    return elements;
}

/** Existing agents send a flat array, or no shape at all, whatever was declared. */
void
RequireShape(const wire::BoxDataContainer& message, const BoxSpace& space, const std::string& where)
{
    const std::vector<uint32_t> shape(message.shape().begin(), message.shape().end());
    if (shape.size() > 1 && shape != space.shape)
    {
        throw ProtocolError(where + ": an array of shape " + ShapeText(shape) + "; " +
                            ShapeText(space.shape) + " is required");
    }
}

Value
ReadBox(const wire::DataContainer& container, const BoxSpace& space, const std::string& where)
{
    const auto message = Unpack<wire::BoxDataContainer>(container, wire::Box, where);
    const auto declared = ToWire(space.dtype);
    if (message.dtype() != declared && !(IsFloat(message.dtype()) && IsFloat(declared)))
    {
        throw ProtocolError(where + ": elements are " + wire::Dtype_Name(message.dtype()) + "; " +
                            wire::Dtype_Name(declared) + " is required");
    }
    RequireShape(message, space, where);
    BoxValue value{space.shape, {}};
    switch (space.dtype)
    {
    case Dtype::INT32:
        value.data = ReadElements<int32_t>(message, space, where);
        break;
    case Dtype::UINT32:
        value.data = ReadElements<uint32_t>(message, space, where);
        break;
    case Dtype::FLOAT32:
        value.data = ReadElements<float>(message, space, where);
        break;
    case Dtype::FLOAT64:
        value.data = ReadElements<double>(message, space, where);
        break;
    }
    return {value};
}

Value Read(const wire::DataContainer& container, const Space& space, const std::string& where);

Value
ReadDiscrete(const wire::DataContainer& container,
             const DiscreteSpace& space,
             const std::string& where)
{
    const auto message = Unpack<wire::DiscreteDataContainer>(container, wire::Discrete, where);
    RequireChoice(message.data(), space, where);
    return {DiscreteValue{message.data()}};
}

Value
ReadTuple(const wire::DataContainer& container, const TupleSpace& space, const std::string& where)
{
    const auto message = Unpack<wire::TupleDataContainer>(container, wire::Tuple, where);
    if (static_cast<size_t>(message.element_size()) != space.elements.size())
    {
        throw ProtocolError(where + ": " + std::to_string(message.element_size()) + " elements; " +
                            std::to_string(space.elements.size()) + " are required");
    }
    TupleValue value;
    for (int i = 0; i < message.element_size(); ++i)
    {
        value.elements.push_back(
            Read(message.element(i), space.elements[i], where + "." + std::to_string(i)));
    }
    return {value};
}

Value
ReadDict(const wire::DataContainer& container, const DictSpace& space, const std::string& where)
{
    const auto message = Unpack<wire::DictDataContainer>(container, wire::Dict, where);
    if (static_cast<size_t>(message.element_size()) != space.names.size())
    {
        throw ProtocolError(where + ": " + std::to_string(message.element_size()) + " fields; " +
                            std::to_string(space.names.size()) + " are required");
    }
    DictValue value{space.names, {}};
    for (size_t i = 0; i < space.names.size(); ++i)
    {
        const auto& elements = message.element();
        const auto found = std::find_if(elements.begin(), elements.end(), [&](const auto& element) {
            return element.name() == space.names[i];
        });
        if (found == elements.end())
        {
            throw ProtocolError(where + ": field '" + space.names[i] + "' is missing");
        }
        value.elements.push_back(Read(*found, space.elements[i], space.names[i]));
    }
    return {value};
}

Value
Read(const wire::DataContainer& container, const Space& space, const std::string& where)
{
    return std::visit(
        Overloaded{
            [&](const BoxSpace& box) { return ReadBox(container, box, where); },
            [&](const DiscreteSpace& discrete) { return ReadDiscrete(container, discrete, where); },
            [&](const TupleSpace& tuple) { return ReadTuple(container, tuple, where); },
            [&](const DictSpace& dict) { return ReadDict(container, dict, where); }},
        space.kind);
}

} // namespace

std::string
EncodeInit(const SimInit& init)
{
    wire::SimInitMsg message;
    message.set_simprocessid(init.processId);
    Write(init.observationSpace, *message.mutable_obsspace());
    Write(init.actionSpace, *message.mutable_actspace());
    return message.SerializeAsString();
}

std::string
EncodeState(const EnvState& state)
{
    wire::EnvStateMsg message;
    Write(state.observation, *message.mutable_obsdata());
    message.set_reward(state.reward);
    message.set_isgameover(state.end.has_value());
    if (state.end == EndReason::GAME_OVER)
    {
        message.set_reason(wire::EnvStateMsg::GameOver);
    }
    auto info = state.info;
    if (state.border)
    {
        info["step"] = state.border->step;
        info["t_sim_s"] = state.border->tSimS;
    }
    if (!info.is_null())
    {
        message.set_info(info.dump());
    }
    return message.SerializeAsString();
}

bool
DecodeInitAck(std::string_view bytes)
{
    const auto message = Parse<wire::SimInitAck>(bytes, "SimInitAck");
    if (!message.refusal().empty())
    {
        throw ProtocolError("the agent refused: " + message.refusal());
    }
    if (!message.done() && !message.stopsimreq())
    {
        throw ProtocolError("SimInitAck says neither done nor stopSimReq");
    }
    return !message.stopsimreq();
}

Answer
DecodeAction(std::string_view bytes, const Space& actionSpace)
{
    const auto message = Parse<wire::EnvActMsg>(bytes, "EnvActMsg");
    if (message.stopsimreq())
    {
        return StopRequest{};
    }
    if (message.branch_size() > 0)
    {
        BranchRequest request;
        for (const auto& peer : message.branch())
        {
            const auto run = peer.has_run() ? std::optional<uint64_t>(peer.run()) : std::nullopt;
            request.peers.push_back({peer.endpoint(), peer.log(), run});
        }
        return request;
    }
    return Read(message.actdata(), actionSpace, "action");
}

} // namespace slicebed
