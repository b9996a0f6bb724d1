"""ec2sim's parameters are those of botocore's model: all of them, and no others."""
from model import parameters
from simulator import SimulatorTest, main

ACTIONS = ("RunInstances", "DescribeInstances", "TerminateInstances", "StopInstances",
           "StartInstances", "ModifyInstanceAttribute", "DescribeImages", "DescribeKeyPairs",
           "DescribeSecurityGroups", "DescribeRegions", "CreateLaunchTemplate",
           "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions", "DeleteLaunchTemplate",
           "CreateFleet", "DescribeAvailabilityZones", "DescribeSubnets", "DescribeInstanceTypes",
           "DescribeInstanceTypeOfferings", "DescribeSpotPriceHistory")
VALUES = {"boolean": "true", "integer": "5", "double": "0.5", "blob": "eA==",
          "timestamp": "2026-01-01T00:00:00Z", "string": "x"}


class Parameters(SimulatorTest):
    def setUp(self):
        self.sim = self.simulator(settings={"verify_signatures": False})
        self.ec2 = self.sim.client()
        # What a test wants to send, in the place of what the client would.
        self.extra = {}
        self.ec2.meta.events.register("before-call.ec2.*", self.before_call)

    def before_call(self, params, model, **_):
        params["body"] = {"Action": self.action, "Version": "2016-11-15", **self.extra}

    def answer(self, action, name, value):
        from botocore.exceptions import ClientError
        self.action = action
        self.extra = {name: value}
        try:
            self.ec2.describe_regions()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return ""

    def value_of(self, shape):
        return shape.enum[0] if getattr(shape, "enum", None) else VALUES[shape.type_name]

    def test_every_parameter_of_the_model_is_known(self):
        tried = 0
        for action in ACTIONS:
            for name, shape in parameters(action).items():
                tried += 1
                code = self.answer(action, name, self.value_of(shape))
                self.assertNotIn(code, ("UnknownParameter", "InvalidAction"), f"{action} {name}")
        self.assertGreater(tried, 120)  # botocore 1.29 has 131, later ones more

    def test_what_the_model_does_not_have_is_unknown(self):
        for action in ACTIONS:
            for name in parameters(action):
                head, dot, last = name.rpartition(".")
                wrong = f"{head}{dot}{last}x" if last != "1" else f"{head}x.1"
                self.assertIn(self.answer(action, wrong, "x"),
                              ("UnknownParameter", "UnsupportedOperation"), f"{action} {wrong}")
            self.assertEqual(self.answer(action, "Nonsense", "x"), "UnknownParameter", action)

    def test_unsupported_is_only_what_the_model_has(self):
        self.assertEqual(self.answer("RunInstances", "HibernationOptions.Configured", "true"),
                         "UnsupportedOperation")
        self.assertEqual(self.answer("RunInstances", "HibernationX", "true"), "UnknownParameter")

    def test_an_unknown_action_is_refused(self):
        self.assertEqual(self.answer("DescribeCats", "DryRun", "true"), "InvalidAction")


if __name__ == "__main__":
    main()
