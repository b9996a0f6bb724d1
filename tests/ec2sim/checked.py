"""A simulator whose every answer is compared with botocore's model of it."""
from model import Checker
from simulator import SimulatorTest


class CheckedTest(SimulatorTest):
    def setUp(self):
        self.sim = self.simulator()
        self.checker = Checker()
        self.ec2 = self.sim.client()
        self.checker.watch(self.ec2)

    def tearDown(self):
        self.assertEqual(self.checker.faults, [])
        self.assertGreater(self.checker.answers, 0)
