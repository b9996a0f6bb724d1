"""botocore's model of EC2 and STS as the judge of names and shapes."""
import xml.etree.ElementTree as ElementTree

import botocore
import botocore.session
from dateutil import parser as dates


def service_model(name):
    return botocore.session.get_session().get_service_model(name)


def _local(tag):
    return tag.rpartition("}")[2]


def _name(member, shape):
    return shape.serialization.get("name", member)


# What an older model does not know, EC2 may have added since.
MODEL_IS_OLD = [int(n) for n in botocore.__version__.split(".")[:2]] < [1, 34]


class Checker:
    """Collects what an answer's XML has and the model has not."""

    def __init__(self):
        self.faults = []
        self.answers = 0
        self.elements = 0

    def watch(self, client):
        """Checks every successful answer that `client` gets from now on."""
        client.meta.events.register("after-call.*.*", self._after_call)

    def _after_call(self, http_response, model, **_):
        if http_response.status_code != 200:
            return
        operation_model = model
        root = ElementTree.fromstring(http_response.content)
        shape = operation_model.output_shape
        wrapper = shape and shape.serialization.get("resultWrapper")
        self.answers += 1
        if _local(root.tag) != operation_model.name + "Response":
            self.faults.append(f"the answer to {operation_model.name} is a {root.tag}")
        namespace = operation_model.service_model.metadata["xmlNamespace"]
        if root.tag.partition("}")[0].strip("{/") != namespace.strip("/"):
            self.faults.append(f"{root.tag} is not in {namespace}")
        for child in root:
            name = _local(child.tag)
            if wrapper and name == wrapper:
                self._structure(child, shape, name)
            elif shape is None:
                if (name, child.text) != ("return", "true") and name != "requestId":
                    self.faults.append(f"the answer to {operation_model.name} has a {name}")
            elif name not in ("requestId", "ResponseMetadata") and not wrapper:
                self._member(child, shape, operation_model.name)

    def _structure(self, element, shape, where):
        seen = set()
        for child in element:
            name = _local(child.tag)
            if name in seen:
                self.faults.append(f"{where}/{name} stands there twice")
            seen.add(name)
            self._member(child, shape, where)

    def _member(self, element, shape, where):
        name = _local(element.tag)
        known = {_name(member, child): child for member, child in shape.members.items()}
        if name not in known and MODEL_IS_OLD:
            return
        if name not in known:
            self.faults.append(f"{where}/{name} is unknown to the model")
            return
        self._value(element, known[name], f"{where}/{name}")

    def _value(self, element, shape, where):
        self.elements += 1
        if shape.type_name == "structure":
            self._structure(element, shape, where)
        elif shape.type_name == "list":
            wanted = shape.member.serialization.get("name", "member")
            for child in element:
                if _local(child.tag) != wanted:
                    self.faults.append(f"{where} holds a {_local(child.tag)}, not {wanted}")
                self._value(child, shape.member, f"{where}/{wanted}")
        else:
            self._scalar(element.text or "", shape, where)

    def _scalar(self, text, shape, where):
        good = True
        if shape.type_name == "boolean":
            good = text in ("true", "false")
        elif shape.type_name == "integer":
            good = text.lstrip("-").isdigit()
        elif shape.type_name == "timestamp":
            good = dates.isoparse(text).tzinfo is not None
        elif getattr(shape, "enum", None):
            good = text in shape.enum or MODEL_IS_OLD
        if not good:
            self.faults.append(f"{where} is {text!r}, which is no {shape.type_name} of the model")


def parameters(operation):
    """Every parameter of an EC2 action as it stands in a request, with its shape: Tag.1.Key."""
    found = {}

    def walk(shape, path):
        if shape.type_name == "structure":
            for member, child in shape.members.items():
                name = child.serialization.get("queryName") or _name(member, child)
                walk(child, path + [name[0].upper() + name[1:]])
        elif shape.type_name == "list":
            walk(shape.member, path + ["1"])
        else:
            found[".".join(path)] = shape

    walk(service_model("ec2").operation_model(operation).input_shape, [])
    return found
