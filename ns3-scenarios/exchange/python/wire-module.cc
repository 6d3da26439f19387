// SPDX-License-Identifier: GPL-2.0-only
// pyctl.exchange._wire: usual states and actions of the ns3-gym wire. See pyctl/exchange/usual.py.
#include "exchange/errors.h"
#include "exchange/python/wire-bytes.h"
#include "exchange/python/wire-codec.h"

namespace nb = nanobind;

namespace slicebed
{

namespace
{

/** The two spaces of an episode. */
class WireCodec
{
  public:
    WireCodec(nb::object observation, nb::object action)
        : m_observation(ToSpace(observation))
        , m_action(ToSpace(action))
    {
    }

    /** @return observation, reward, whether it is the last, reason, info; None if unusual */
    nb::object DecodeState(nb::bytes data) const
    {
        WireReader message({data.c_str(), data.size()});
        const auto container = message.HasBytes(1) ? message.Bytes(1) : std::nullopt;
        const auto reward = message.Float(2);
        const auto isGameOver = message.Varint(3);
        const auto reason = message.Varint(4);
        const auto info = message.Bytes(5);
        if (!container || !reward || !isGameOver || !reason || !info || !message.IsAtEnd())
        {
            return nb::none();
        }
        const auto observation = m_observation.Read(*container);
        PyObject* text =
            PyUnicode_DecodeUTF8(info->data(), static_cast<Py_ssize_t>(info->size()), nullptr);
        if (!observation || text == nullptr)
        {
            Py_XDECREF(text);
            PyErr_Clear();
            return nb::none();
        }
        return nb::make_tuple(*observation, *reward, *isGameOver != 0, *reason, nb::steal(text));
    }

    /** @return the message; None if the action is unusual */
    nb::object EncodeAction(nb::handle action) const
    {
        std::string container;
        if (!m_action.Write(action, container))
        {
            return nb::none();
        }
        std::string message;
        AppendBytes(1, container, message);
        return nb::bytes(message.data(), message.size());
    }

  private:
    WireSpace m_observation;
    WireSpace m_action;
};

} // namespace

} // namespace slicebed

NB_MODULE(_wire, module)
{
    using slicebed::WireCodec;
    slicebed::ImportNumpyForWire();
    nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
        try
        {
            std::rethrow_exception(thrown);
        }
        catch (const slicebed::ProtocolError& error)
        {
            slicebed::SetError("ProtocolError", error.what());
        }
    });
    nb::class_<WireCodec>(module, "WireCodec")
        .def(nb::init<nb::object, nb::object>())
        .def("decode_state", &WireCodec::DecodeState)
        .def("encode_action", &WireCodec::EncodeAction, nb::arg("action").none());
}
